import { rm, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { HostConnections } from "../../../automation-api/hosts/service.ts";
import { TrackerFile } from "../../../automation-api/scans/tracker-file.ts";
import { checks } from "../../../host-provisioning/security/index.ts";
import { reasonWithoutTestHosts, TestHost } from "../../support/test-host.ts";
import { roost, temporaryFolder } from "../cli/terminal.ts";
import { hostServer } from "../hosts/host-server.ts";
import { startTestServer, type TestServer } from "../http/test-server.ts";

const entry = (fixed: string) => ({
  "CVE-2099-0001": {
    description: 'A text with } and { and \\" in it: "',
    releases: { bookworm: { status: "resolved", fixed_version: fixed, urgency: "high" } },
  },
});
const data = { bash: entry("99"), "no-such-source": entry("1"), sudo: entry("0") };
const written = new Date(Date.now() - 3 * 86_400_000 - 60_000);

async function writeTracker(folder: string, content: string): Promise<string> {
  const file = path.join(folder, "tracker.json");
  await writeFile(file, content);
  await utimes(file, written, written);
  return file;
}

describe("the tracker's file", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await temporaryFolder();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("gives what is known of the sources that are asked for, and of its newest content", async () => {
    const file = new TrackerFile(await writeTracker(folder, JSON.stringify(data)));
    const first = await file.read(["bash", "absent"]);
    expect([[...first.entries], first.dataFrom.getTime()]).toEqual([
      [["bash", data.bash]],
      expect.closeTo(written.getTime(), -1),
    ]);
    await writeTracker(folder, JSON.stringify({ absent: entry("5") }, null, 2));
    expect([...(await file.read(["bash", "absent"])).entries.keys()]).toEqual(["absent"]);
  });

  it.each(["", "[]", '{"bash": {"CVE-1": ', "no data"])("that holds %j is refused", async (content) => {
    const file = new TrackerFile(await writeTracker(folder, content));
    await expect(file.read(["bash"])).rejects.toThrow("no data of the Debian security tracker");
  });
});

(reasonWithoutTestHosts() ? describe.skip : describe)("full scans", () => {
  let host: TestHost;
  let server: TestServer;
  let home: string;
  const connections = new HostConnections();

  beforeAll(async () => {
    home = await temporaryFolder();
    host = await TestHost.create();
    const { port, hostKey, privateKey } = await host.startSshd();
    server = await startTestServer(hostServer(connections, await writeTracker(home, JSON.stringify(data))));
    const credential = { name: "key", kind: "ssh", privateKey };
    const { id } = (await server.call("POST", "/api/v1/credentials", { body: credential })).body;
    const place = { address: "127.0.0.1", port, user: "root", hostKey, credential: id };
    const body = { name: "web", labels: { env: "prod" }, ...place };
    expect((await server.call("POST", "/api/v1/hosts", { body })).status).toBe(201);
  }, 240_000);
  afterAll(async () => {
    await connections.close();
    await server.close();
    await host.close();
    await rm(home, { recursive: true, force: true });
  });

  const get = (to: string, accept?: string) =>
    server.call("GET", to, { headers: accept === undefined ? {} : { accept } });

  it("are made by POST, kept with their kind, and reported in each form that is asked for", async () => {
    const none = await get("/api/v1/discover/security");
    expect([none.status, none.body.detail]).toEqual([404, expect.stringContaining("/api/v1/scan/full")]);
    const quick = (await server.call("POST", "/api/v1/scan/quick", { body: {} })).body;
    expect((await get(`/api/v1/reports/${quick.id}?format=sarif`)).status).toBe(406);
    const overview = await get(`/api/v1/reports/${quick.id}?format=html`);
    expect([overview.status, overview.text]).toEqual([200, expect.stringContaining("quick scan")]);
    expect(overview.text).not.toContain("Checks");
    const made = await server.call("POST", "/api/v1/scan/full", { body: {} });
    expect([made.status, made.body.kind]).toEqual([201, "full"]);
    expect(made.body.facts).toBeGreaterThan(quick.facts);
    const report = `/api/v1/reports/${made.body.id}`;
    const { security, details } = (await get(report)).body;
    expect(security.judgements).toHaveLength(checks.length);
    for (const { check, title, severity, fix } of security.judgements)
      expect(checks.find(({ id }) => id === check)).toMatchObject({ title, severity, fix });
    const df = (await host.do("df -B1 --output=size /")).trim().split("\n").at(-1);
    expect(details.filesystems["/"].bytes).toBe(Number(df));
    expect((await get("/api/v1/discover/hardware")).body.details.filesystems).toEqual(details.filesystems);
    expect((await get("/api/v1/discover/software")).body.details.schedule).toEqual(details.schedule);
    expect(security.vulnerabilities.findings).toMatchObject([
      { id: "CVE-2099-0001", source: "bash", fixed: "99" },
    ]);
    expect(security.vulnerabilities.sources).toMatchObject([{ kind: "debian-tracker", ageDays: 3 }]);
    const page = await get(report, "text/html,application/xhtml+xml,*/*;q=0.8");
    expect([page.headers.get("content-type"), page.text]).toEqual([
      "text/html; charset=utf-8",
      expect.stringContaining("CVE-2099-0001"),
    ]);
    const sarif = await get(report, "application/sarif+json");
    expect([sarif.headers.get("content-type"), JSON.parse(sarif.text).version]).toEqual([
      "application/sarif+json",
      "2.1.0",
    ]);
    const etag = page.headers.get("etag") as string;
    expect(etag).not.toBe(sarif.headers.get("etag"));
    const again = await server.call("GET", `${report}?format=html`, { headers: { "if-none-match": etag } });
    expect(again.status).toBe(304);
    // A later quick scan takes nothing away, and nothing of security is a difference to it.
    const later = (await server.call("POST", "/api/v1/scan/quick", { body: {} })).body;
    expect((await get("/api/v1/discover/security")).body.scan.id).toBe(made.body.id);
    const { changes } = (await get(`/api/v1/reports/${later.id}/diff`)).body;
    expect(changes.filter((change: { path: string[] }) => change.path[0] === "security")).toEqual([]);
  }, 120_000);

  it("tell each step on the command line, then what is wrong", async () => {
    const env = { ROOST_URL: server.url, ROOST_TOKEN: server.adminToken };
    const done = await roost(["host", "scan", "web", "--full"], { env, home });
    expect(done.code).toBe(0);
    expect(done.stderr).toMatch(/^\[1\/6\] .*\n(\[\d\/6\] .*: \d+ ms\n){5}$/);
    expect(done.stdout).toMatch(/security +index \d+ of 100\n/);
    expect(done.stdout).toMatch(
      /known faults +1, 1 of them with a fix \(debian-tracker for bookworm, 3 days old/,
    );
    expect(done.stdout).toMatch(
      /\nSEVERITY +FAILED CHECK .*\nhigh +software-vulnerable +\S.*CVE-2099-0001: bash to 99/,
    );
    const wrong = await roost(["host", "scan", "nobody", "--full"], { env, home });
    expect([wrong.code, wrong.stderr]).not.toEqual([0, expect.anything()]);
    expect(wrong.stderr).toContain("nobody");
  }, 120_000);

  it("are made of all hosts that labels select, over HTTP and by the command", async () => {
    const { body } = await server.call("POST", "/api/v1/scan/full", { body: { selector: "env=prod" } });
    expect(body).toMatchObject({
      total: 1,
      failed: 0,
      hosts: [{ host: { name: "web" }, scan: { kind: "full" } }],
    });
    const { security } = (await get(`/api/v1/reports/${body.hosts[0].scan.id}`)).body;
    expect(security.judgements).toHaveLength(checks.length);
    const env = { ROOST_URL: server.url, ROOST_TOKEN: server.adminToken };
    const done = await roost(["host", "scan", "--selector", "env=prod", "--full"], { env, home });
    expect([done.code, done.stdout]).toEqual([0, expect.stringMatching(/^scanned +1 of 1 hosts in /)]);
  }, 120_000);

  it("need the permission to log in, also to ask for a fresh view", async () => {
    const viewer = await server.tokenOf({ roles: [{ role: "viewer", projectId: null }] });
    const status = async (method: "GET" | "POST", to: string, body?: object) =>
      (await server.call(method, to, { body, token: viewer.token })).status;
    expect(await status("POST", "/api/v1/scan/full", {})).toBe(403);
    expect(await status("GET", "/api/v1/scan/full")).toBe(403);
    expect(await status("GET", "/api/v1/discover/security?fresh=1")).toBe(403);
    expect(await status("GET", "/api/v1/discover/security")).toBe(200);
  });
});
