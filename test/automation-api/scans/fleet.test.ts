import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { HostConnections } from "../../../automation-api/hosts/service.ts";
import { reasonWithoutSshd, type Sshd, startSshd } from "../../plugins/command/sshd.ts";
import { roost, temporaryFolder } from "../cli/terminal.ts";
import { hostKeys, hostServer } from "../hosts/host-server.ts";
import { startTestServer, type TestServer } from "../http/test-server.ts";

const fanOut = 3;
let server: TestServer;
let sshd: Sshd;
let home: string;
const connections = new HostConnections();
/** Hosts that are worked on now, and the most that ever were. */
const atWork = { now: 0, most: 0 };
const counting: Pick<HostConnections, "run"> = {
  async run(target, run) {
    atWork.most = Math.max(atWork.most, ++atWork.now);
    return connections.run(target, run).finally(() => atWork.now--);
  },
};

(reasonWithoutSshd() ? describe.skip : describe)("scans of many hosts", () => {
  beforeAll(async () => {
    sshd = await startSshd();
    server = await startTestServer(hostServer(counting, undefined, fanOut));
    home = await temporaryFolder();
    const body = { name: "login", kind: "ssh", privateKey: sshd.keys.ed25519 };
    const credential = (await server.call("POST", "/api/v1/credentials", { body })).body.id;
    const place = { address: "127.0.0.1", port: sshd.port, user: sshd.user, credential };
    const well = Array.from({ length: 7 }, (_, index) => ({ name: `web-${index}` }));
    const ill = [
      { name: "web-gone", port: 1 },
      { name: "web-other", hostKey: hostKeys.one },
      { name: "web-without", credential: null },
    ];
    for (const fields of [...well, ...ill, { name: "db", labels: { role: "db" } }]) {
      const hostKey = sshd.hostKeys.ed25519.trim();
      const host = { ...place, hostKey, labels: { role: "web", env: "dev" }, ...fields };
      expect((await server.call("POST", "/api/v1/hosts", { body: host })).status).toBe(201);
    }
    const group = { name: "databases", selector: { role: "db" } };
    await server.call("POST", "/api/v1/host-groups", { body: group });
  }, 90_000);
  afterAll(async () => {
    await connections.close();
    await server.close();
    await sshd.stop();
    await rm(home, { recursive: true, force: true });
  });

  it("take all that the labels select, few at a time, and tell of each that cannot be scanned", async () => {
    const { status, body } = await server.call("POST", "/api/v1/scan/quick", {
      body: { selector: "role=web,env=dev" },
    });
    expect([status, body.total, body.scanned, body.failed]).toEqual([200, 10, 7, 3]);
    expect(body.hosts.map(({ host }: { host: { name: string } }) => host.name)).toEqual([
      ...Array.from({ length: 7 }, (_, index) => `web-${index}`),
      ...["web-gone", "web-other", "web-without"],
    ]);
    const faults = body.hosts.slice(7).map(({ fault }: { fault: string }) => fault);
    expect(faults).toEqual([
      expect.stringMatching(/^unreachable: /),
      expect.stringMatching(/^host-key: /),
      expect.stringMatching(/no credential/),
    ]);
    expect(atWork).toEqual({ now: 0, most: fanOut });
    const kept = await server.call("GET", "/api/v1/scans?host=web-3");
    expect(kept.body.items[0].id).toBe(body.hosts[3].scan.id);
  }, 60_000);

  it("take a group, with an event for each host as it ends", async () => {
    const { text } = await server.call("GET", "/api/v1/scan/quick?group=databases", {
      headers: { accept: "text/event-stream" },
    });
    const events = [...text.matchAll(/^event: (.*)\ndata: (.*)$/gm)];
    expect(events.map(([, event]) => event)).toEqual(["host", "fleet"]);
    expect(JSON.parse(events[1]?.[2] ?? "")).toMatchObject({
      ...{ total: 1, scanned: 1 },
      hosts: [{ host: { name: "db" }, scan: { kind: "quick" } }],
    });
  }, 60_000);

  it.each([
    ["both a host and labels", { host: "db", selector: "role=db" }, 400, "host"],
    ["a selector that is none", { selector: "role" }, 400, "selector"],
    ["labels that no host has", { selector: "role=none" }, 404, undefined],
    ["a group that is not there", { group: "none" }, 404, undefined],
  ])("refuse %s", async (_what, request, status, field) => {
    const query = new URLSearchParams(request as Record<string, string>);
    const posted = await server.call("POST", "/api/v1/scan/quick", { body: request });
    const got = await server.call("GET", `/api/v1/scan/quick?${query}`);
    expect([posted.status, got.status]).toEqual([status, status]);
    expect(posted.body.faults?.[0]?.field).toBe(field);
  });

  it("are a command too, which fails when a host could not be scanned", async () => {
    const env = { ROOST_URL: server.url, ROOST_TOKEN: server.adminToken };
    const scan = (...words: string[]) => roost(["host", "scan", ...words], { env, home });
    const found = await scan("--selector", "role=web");
    expect(found.code).toBe(1);
    expect(found.stdout).toMatch(/^scanned +7 of 10 hosts in /);
    expect(found.stdout).toMatch(/\nweb-other +host-key: /);
    expect(found.stderr).toMatch(/\[\d+\] web-0: \d+ facts, \d+ ms\n/);
    expect((await scan("--group", "databases", "--json")).json()).toMatchObject({ total: 1, failed: 0 });
    expect((await scan()).stderr).toMatch(/give a host, or --selector or --group/);
  }, 60_000);
});
