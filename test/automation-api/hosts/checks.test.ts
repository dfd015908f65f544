import { release } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { HostConnections } from "../../../automation-api/hosts/service.ts";
import { reasonWithoutSshd, type Sshd, startSshd } from "../../plugins/command/sshd.ts";
import { startTestServer, type TestServer } from "../http/test-server.ts";
import { hostKeys, hostServer } from "./host-server.ts";

let server: TestServer;
let sshd: Sshd;
const connections = new HostConnections();

(reasonWithoutSshd() ? describe.skip : describe)("the check of a host", () => {
  beforeAll(async () => {
    sshd = await startSshd();
    server = await startTestServer(hostServer(connections));
  }, 90_000);
  afterAll(async () => {
    await connections.close();
    await server.close();
    await sshd.stop();
  });

  const credential = async () => {
    const body = { name: "fleet", kind: "ssh", privateKey: sshd.keys.ed25519 };
    return (await server.call("POST", "/api/v1/credentials", { body })).body.id;
  };
  const add = async (name: string, fields: object = {}) => {
    const hostKey = sshd.hostKeys.ed25519.trim();
    const body = { name, address: "127.0.0.1", port: sshd.port, user: sshd.user, hostKey, ...fields };
    return (await server.call("POST", "/api/v1/hosts", { body })).body;
  };
  const check = (id: string, token?: string) =>
    server.call("POST", `/api/v1/hosts/${id}/check`, token ? { token } : {});

  it("tells the truth about the machine, notes who looked, and what the key was used for", async () => {
    const key = await credential();
    const host = await add("well", { credential: key });
    expect(host.health).toBeNull();
    const { status, body } = await check(host.id);
    expect([status, body.health.state, body.health.message]).toEqual([200, "healthy", null]);
    expect(body.health.system).toContain(release());
    expect(body.health.uptimeSeconds).toBeGreaterThan(0);
    expect(body.version).toBe(host.version);
    const { db } = server.database;
    const rows = await db
      .selectFrom("audit")
      .selectAll()
      .where("object", "=", host.id)
      .orderBy("id")
      .execute();
    expect(rows.at(-1)).toMatchObject({ action: "host.check", result: "succeeded", actor: "admin" });
    const { body: listed } = await server.call("GET", "/api/v1/credentials");
    expect(listed.items.find(({ id }: { id: string }) => id === key).lastUsedBy).toBe(host.id);
    const secret = sshd.keys.ed25519.split("\n")[2] as string;
    expect(JSON.stringify([body, rows, server.log])).not.toContain(secret);
  });

  it("keeps what is wrong as health, until the host is moved", async () => {
    const host = await add("stranger", { credential: await credential(), hostKey: hostKeys.one });
    const { status, body } = await check(host.id);
    expect([status, body.health.state, body.health.system]).toEqual([200, "host-key", null]);
    const path = `/api/v1/hosts/${host.id}`;
    const labelled = await server.call("PATCH", path, { body: { labels: { a: "b" } } });
    expect(labelled.body.health.state).toBe("host-key");
    const hostKey = sshd.hostKeys.ed25519.trim();
    expect((await server.call("PATCH", path, { body: { hostKey } })).body.health).toBeNull();
    expect((await check(host.id)).body.health.state).toBe("healthy");
  });

  it("goes through the bastion, and uses a rotated key at once", async () => {
    const key = await credential();
    const gate = await add("gate", { credential: key });
    const inner = await add("inner", { credential: key, bastion: gate.id });
    expect((await check(inner.id)).body.health.state).toBe("healthy");
    const rotate = (secret: string) =>
      server.call("POST", `/api/v1/credentials/${key}/rotate`, { body: { secret } });
    const before = sshd.accepted();
    await rotate(sshd.keys.rsa);
    expect((await check(inner.id)).body.health.state).toBe("healthy");
    expect(sshd.accepted() - before).toBe(2);
  });

  it("is refused without a credential, and to viewers", async () => {
    const host = await add("locked");
    expect((await check(host.id)).status).toBe(409);
    const roles = (role: "viewer" | "operator") => ({ roles: [{ role, projectId: null }] });
    expect((await check(host.id, (await server.tokenOf(roles("viewer"))).token)).status).toBe(403);
    expect((await check(host.id, (await server.tokenOf(roles("operator"))).token)).status).toBe(409);
  });
});
