import { hostname } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { sql } from "kysely";
import { newId } from "../../../automation-api/db/id.ts";
import { HostConnections } from "../../../automation-api/hosts/service.ts";
import { reasonWithoutSshd, type Sshd, startSshd } from "../../plugins/command/sshd.ts";
import { hostKeys, hostServer } from "../hosts/host-server.ts";
import { startTestServer, type TestServer } from "../http/test-server.ts";

let server: TestServer;
let sshd: Sshd;
const connections = new HostConnections();

(reasonWithoutSshd() ? describe.skip : describe)("scans", () => {
  beforeAll(async () => {
    sshd = await startSshd();
    server = await startTestServer(hostServer(connections));
  }, 90_000);
  afterAll(async () => {
    await connections.close();
    await server.close();
    await sshd.stop();
  });

  const get = (path: string, headers: Record<string, string> = {}, token?: string) =>
    server.call("GET", path, { headers, ...(token && { token }) });
  const add = async (name: string, fields: object = {}) => {
    const key = { name: `for ${name}`, kind: "ssh", privateKey: sshd.keys.ed25519 };
    const credential = (await server.call("POST", "/api/v1/credentials", { body: key })).body.id;
    const place = { address: "127.0.0.1", port: sshd.port, user: sshd.user };
    const body = { name, ...place, hostKey: sshd.hostKeys.ed25519.trim(), credential, ...fields };
    return (await server.call("POST", "/api/v1/hosts", { body })).body;
  };
  const scan = (host?: string) => server.call("POST", "/api/v1/scan/quick", { body: { host } });
  const audit = async (object: string) =>
    server.database.db
      .selectFrom("audit")
      .select(["action", "result", "detail"])
      .where("object", "=", object)
      .where("action", "=", "host.scan")
      .execute();

  it("need no name while there is one host, by POST and by GET; then they do", async () => {
    expect((await scan()).status).toBe(404);
    const host = await add("one");
    const posted = await scan();
    expect([posted.status, posted.headers.get("location")]).toEqual([
      201,
      `/api/v1/reports/${posted.body.id}`,
    ]);
    expect(posted.body).toMatchObject({
      host: { id: host.id, name: "one" },
      kind: "quick",
      requester: "admin",
    });
    expect(posted.body.facts).toBeGreaterThan(1000);
    expect((await server.call("POST", "/api/v1/scan/quick")).status).toBe(201);
    const got = await get("/api/v1/scan/quick");
    expect([got.status, got.body.host.name]).toEqual([201, "one"]);
    await add("two");
    const refused = await scan();
    expect([refused.status, refused.body.faults[0].field]).toEqual([400, "host"]);
    expect((await get("/api/v1/scan/quick")).body.faults[0].field).toBe("query.host");
    expect((await get("/api/v1/scan/quick?host=two")).status).toBe(201);
    expect(await audit(host.id)).toMatchObject([
      { result: "succeeded", detail: { scan: posted.body.id } },
      { result: "succeeded" },
      { result: "succeeded", detail: { scan: got.body.id } },
    ]);
  });

  it("are reported whole, as JSON and as a flowchart", async () => {
    const { body } = await scan("one");
    const report = await get(`/api/v1/reports/${body.id}`);
    expect(report.status).toBe(200);
    expect(report.body.scan).toEqual(body);
    expect(report.body.system.hostname).toBe(hostname());
    expect(report.body.network.ports.length).toBeGreaterThan(0);
    expect(report.body.topology.nodes[0]).toMatchObject({ kind: "host" });
    const drawn = await get(`/api/v1/reports/${body.id}?format=mermaid`);
    expect([drawn.status, drawn.headers.get("content-type")]).toEqual([200, "text/vnd.mermaid"]);
    expect(drawn.text).toMatch(/^flowchart LR\n {2}n0\[\["/);
    const { rows } = await sql<{ bytes: number }>`
      SELECT length(facts) AS bytes FROM scan WHERE id = ${body.id}`.execute(server.database.db);
    expect(rows[0]?.bytes).toBeLessThan(body.bytes / 2);
  });

  it("answer discovery with their age until a fresh one is asked for", async () => {
    await add("seen");
    const path = "/api/v1/discover/hardware?host=seen";
    const none = await get(path);
    expect([none.status, none.body.detail]).toEqual([404, expect.stringContaining("fresh=1")]);
    const first = await get(`${path}&fresh=1`);
    expect([first.status, Number(first.headers.get("age"))]).toEqual([200, 0]);
    expect(first.body.hardware.cpu.threads).toBeGreaterThan(0);
    const etag = first.headers.get("etag") as string;
    const again = await get(path, { "if-none-match": etag });
    expect([again.status, again.text, again.headers.get("etag")]).toEqual([304, "", etag]);
    const { db } = server.database;
    const old = new Date(Date.now() - 3_600_000);
    await db.updateTable("scan").set({ created_at: old }).where("id", "=", first.body.scan.id).execute();
    expect(Number((await get(path)).headers.get("age"))).toBeGreaterThanOrEqual(3600);
    expect((await get("/api/v1/discover/software?host=seen")).body).toMatchObject({
      scan: { id: first.body.scan.id },
      system: { hostname: hostname() },
    });
    expect((await get("/api/v1/discover/network?host=seen")).body.network.interfaces.lo).toBeDefined();
    const fresh = await get(`${path}&fresh=1`, { "if-none-match": etag });
    expect([fresh.status, fresh.body.scan.id > first.body.scan.id]).toEqual([200, true]);
  });

  it("are listed newest first, compared, and go with their host", async () => {
    const host = await add("twice");
    const before = (await scan("twice")).body;
    expect((await get(`/api/v1/reports/${before.id}/diff`)).status).toBe(404);
    const after = (await scan("twice")).body;
    const page = await get("/api/v1/scans?host=twice&limit=1");
    expect(page.body.items.map(({ id }: { id: string }) => id)).toEqual([after.id]);
    const next = await get(`/api/v1/scans?host=twice&cursor=${page.body.nextCursor}`);
    expect(next.body).toEqual({ items: [before], nextCursor: null });
    const diff = await get(`/api/v1/reports/${after.id}/diff`);
    expect([diff.body.base.id, diff.body.scan.id]).toEqual([before.id, after.id]);
    const roots = diff.body.changes.map(({ path }: { path: string[] }) => path.slice(0, 2).join("."));
    expect(roots).not.toContain("software.packages");
    const itself = await get(`/api/v1/reports/${after.id}/diff?base=${after.id}`);
    expect([itself.body.total, itself.body.changes]).toEqual([0, []]);
    expect((await server.call("DELETE", `/api/v1/hosts/${host.id}`)).status).toBe(204);
    expect((await get(`/api/v1/reports/${after.id}`)).status).toBe(404);
  });

  it("that fail keep nothing, say why, and are audited", async () => {
    const stranger = await add("stranger", { hostKey: hostKeys.one });
    const { status, body } = await scan("stranger");
    expect([status, body.faults[0]]).toEqual([
      422,
      { field: "host", message: expect.stringContaining("host-key") },
    ]);
    expect((await get("/api/v1/scans?host=stranger")).body.items).toEqual([]);
    expect(await audit(stranger.id)).toMatchObject([{ result: "failed" }]);
    const health = async (id: string) => (await get(`/api/v1/hosts/${id}`)).body.health;
    expect(await health(stranger.id)).toMatchObject({
      ...{ state: "host-key", message: expect.stringContaining("and is pinned to"), system: null },
    });
    const well = (await get("/api/v1/hosts?name=one")).body.items[0];
    const checked = (await server.call("POST", `/api/v1/hosts/${well.id}/check`)).body.health;
    await scan("one");
    expect(await health(well.id)).toMatchObject({ state: "healthy", system: checked.system });
    expect((await health(well.id)).checkedAt > checked.checkedAt).toBe(true);
    const locked = await add("locked", { credential: null });
    expect((await scan("locked")).status).toBe(409);
    expect(await audit(locked.id)).toMatchObject([{ result: "failed" }]);
  });

  it("are made by those who may log in to hosts, and read by those who may see them", async () => {
    const { body } = await scan("one");
    const viewer = await server.tokenOf({ roles: [{ role: "viewer", projectId: null }] });
    const status = async (path: string) => (await get(path, {}, viewer.token)).status;
    expect(await status(`/api/v1/reports/${body.id}`)).toBe(200);
    expect(await status("/api/v1/discover/network?host=one")).toBe(200);
    expect(await status("/api/v1/discover/network?host=one&fresh=1")).toBe(403);
    expect(await status("/api/v1/scan/quick?host=one")).toBe(403);
    expect(await status(`/api/v1/reports/${newId("scn")}`)).toBe(404);
  });
});
