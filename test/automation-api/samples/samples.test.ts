import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { sql } from "kysely";
import { HostConnections } from "../../../automation-api/hosts/service.ts";
import { thinSamples } from "../../../automation-api/maintenance/queries.ts";
import { Sampler } from "../../../automation-api/samples/sampler.ts";
import { reasonWithoutSshd, type Sshd, startSshd } from "../../plugins/command/sshd.ts";
import { roost, temporaryFolder } from "../cli/terminal.ts";
import { hostReaderOf, hostServer } from "../hosts/host-server.ts";
import { startTestServer, type TestServer } from "../http/test-server.ts";

let server: TestServer;
let sshd: Sshd;
let home: string;
let sampler: Sampler;
const ids: Record<string, string> = {};
const connections = new HostConnections();

(reasonWithoutSshd() ? describe.skip : describe)("samples of performance", () => {
  beforeAll(async () => {
    sshd = await startSshd();
    server = await startTestServer(hostServer(connections));
    home = await temporaryFolder();
    const key = { name: "login", kind: "ssh", privateKey: sshd.keys.ed25519 };
    const credential = (await server.call("POST", "/api/v1/credentials", { body: key })).body.id;
    const place = { address: "127.0.0.1", port: sshd.port, user: sshd.user, credential };
    for (const fields of [{ name: "web" }, { name: "gone", port: 1 }, { name: "other" }]) {
      const body = { ...place, hostKey: sshd.hostKeys.ed25519.trim(), ...fields };
      ids[fields.name] = (await server.call("POST", "/api/v1/hosts", { body })).body.id;
    }
    const { db } = server.database;
    const fail = (message: string, error: unknown) => {
      throw new Error(message, { cause: error });
    };
    sampler = new Sampler({ db, hostReader: hostReaderOf(server, connections), onFault: fail });
  }, 90_000);
  afterAll(async () => {
    await sampler.close();
    await connections.close();
    await server.close();
    await sshd.stop();
    await rm(home, { recursive: true, force: true });
  });

  const path = (name: string, end: string) => `/api/v1/hosts/${ids[name]}/${end}`;
  const begin = (name: string, body: object = {}) => server.call("PUT", path(name, "sampling"), { body });
  const show = (name: string, query = "") => server.call("GET", `${path(name, "samples")}${query}`);
  /** The turn of each host has come, and what was sampled is so much older. */
  const pass = async (seconds: number) => {
    const { db } = server.database;
    await sql`UPDATE host_sampling SET next_at = now()`.execute(db);
    await sql`UPDATE host_sample SET at = at - make_interval(secs => ${seconds})`.execute(db);
  };

  it("are taken of those hosts that ask for it, at once and when their turn comes", async () => {
    expect((await show("web")).body).toMatchObject({ sampling: null, samples: [], stepSeconds: 440 });
    expect((await begin("web", { seconds: 30 })).body).toMatchObject({ seconds: 30, failures: 0 });
    expect((await begin("web")).body).toMatchObject({ seconds: 60, fault: null });
    expect(await sampler.round()).toBe(1);
    // Its turn is over.
    expect(await sampler.round()).toBe(0);
    await pass(600);
    expect(await sampler.round()).toBe(1);
    const { samples, host } = (await show("web")).body;
    expect(host.name).toBe("web");
    expect(samples).toHaveLength(1);
    expect(Math.abs(samples[0].seconds - 600)).toBeLessThan(60);
    expect(samples[0].cpuPercent).toBeGreaterThan(0);
    expect(samples[0].memoryPercent).toBeGreaterThan(0);
    const logins = sshd.accepted();
    await pass(600);
    await sampler.round();
    expect(sshd.accepted()).toBe(logins);
  });

  it("tell why a host cannot be read, and ask it less and less often", async () => {
    await begin("gone", { seconds: 10 });
    const pause = async () => {
      const { nextAt, failures, fault } = (await show("gone")).body.sampling;
      expect(fault).toMatch(/^unreachable: /);
      return { failures, seconds: Math.round((Date.parse(nextAt) - Date.now()) / 10_000) * 10 };
    };
    const { db } = server.database;
    const turn = async () => {
      await sql`UPDATE host_sampling SET next_at = now() WHERE host_id = ${ids.gone}`.execute(db);
      await sampler.round();
    };
    await turn();
    expect((await pause()).failures).toBe(1);
    for (let times = 0; times < 3; times++) await turn();
    const later = await pause();
    expect(later.failures).toBe(4);
    expect(later.seconds).toBeGreaterThanOrEqual(60);
    expect((await show("gone")).body.samples).toEqual([]);
  });

  it("are part of the next report, and of a chart on the terminal", async () => {
    const { body } = await server.call("POST", "/api/v1/scan/quick", { body: { host: "web" } });
    const report = (await server.call("GET", `/api/v1/reports/${body.id}`)).body;
    expect(report.performance.history.length).toBeGreaterThan(0);
    expect(report.performance.history[0].cpuPercent).toBeGreaterThan(0);
    const env = { ROOST_URL: server.url, ROOST_TOKEN: server.adminToken };
    const shown = await roost(["host", "performance", "web", "--hours", "2", "--every", "20"], { env, home });
    expect([shown.code, shown.stdout]).toEqual([0, expect.stringMatching(/sampled +every 20 s\n/)]);
    expect(shown.stdout).toMatch(/\nprocessor +[▁▂▃▄▅▆▇█].* \d+(\.\d)? % … .*, now .* %\n/);
    await roost(["host", "performance", "web", "--stop"], { env, home });
    expect((await show("web")).body.sampling).toBeNull();
    expect((await show("web")).body.samples.length).toBeGreaterThan(0);
  }, 60_000);

  it("become fewer with age, and what they say of the whole stays exact", async () => {
    const { db } = server.database;
    await sql`
      INSERT INTO host_sample (host_id, at, booted_at, cpu_busy, cpu_all, memory_used, memory_all, swap_used,
        read_bytes, written_bytes)
      SELECT ${ids.other}, now() - make_interval(mins => minute), 1, 100000 - minute, 2 * (100000 - minute), 1, 2, 0, 0, 0
      FROM generate_series(0, 20 * 1440) minute`.execute(db);
    const count = async () =>
      Number(
        (
          await sql<{
            n: string;
          }>`SELECT count(*) AS n FROM host_sample WHERE host_id = ${ids.other}`.execute(db)
        ).rows[0]?.n,
      );
    await thinSamples(db, 90);
    // A day by minutes, 13 by ten minutes, six by hours, and what is at their edges.
    expect(Math.abs((await count()) - (1440 + 13 * 144 + 6 * 24))).toBeLessThan(8);
    const month = new Date(Date.now() - 30 * 86_400_000).toISOString();
    const { samples } = (await show("other", `?from=${month}&step=86400`)).body;
    expect(samples.length).toBeGreaterThan(18);
    for (const { cpuPercent } of samples) expect(cpuPercent).toBe(50);
    await thinSamples(db, 10);
    expect(await count()).toBeLessThan(1440 + 9 * 144 + 8);
  });

  it.each([
    ["sampling", "PUT", "sampling", { seconds: 5 }, 400],
    ["sampling of a host that is not there", "PUT", "other", {}, 404],
    [
      "a time that ends before it begins",
      "GET",
      "samples?from=2027-01-02T00:00:00Z&to=2027-01-01T00:00:00Z",
      null,
      400,
    ],
    ["a year by ten seconds", "GET", "samples?from=2020-01-01T00:00:00Z&step=10", null, 400],
  ])("refuse %s", async (_what, method, end, body, status) => {
    const at = end === "other" ? `/api/v1/hosts/hst_${"0".repeat(26)}/sampling` : path("web", end);
    expect((await server.call(method, at, body ? { body } : {})).status).toBe(status);
  });
});
