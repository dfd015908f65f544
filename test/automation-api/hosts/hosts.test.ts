import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { newId } from "../../../automation-api/db/id.ts";
import { reasonWithoutSshd, startSshd } from "../../plugins/command/sshd.ts";
import { startTestServer, type TestServer } from "../http/test-server.ts";
import { hostKeys, hostServer } from "./host-server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer(hostServer());
});
afterAll(() => server.close());

const good = { address: "10.0.0.1", user: "ops", hostKey: hostKeys.one };
const create = (name: string, fields: object = {}, token?: string) =>
  server.call("POST", "/api/v1/hosts", { body: { ...good, name, ...fields }, ...(token && { token }) });
const names = (reply: { body: { items: { name: string }[] } }) => reply.body.items.map(({ name }) => name);
const audit = async (object: string) =>
  server.database.db
    .selectFrom("audit")
    .select(["action", "detail"])
    .where("object", "=", object)
    .orderBy("id")
    .execute();

describe("hosts", () => {
  it("are added with a pinned key, and tell who accepted it", async () => {
    const { status, body, headers } = await create("web-1", {
      hostKeyTrust: "first-use",
      labels: { env: "prod" },
    });
    expect([status, headers.get("location"), headers.get("etag")]).toEqual([
      201,
      `/api/v1/hosts/${body.id}`,
      '"1"',
    ]);
    expect(body).toMatchObject({
      name: "web-1",
      port: 22,
      hostKey: { type: "ssh-ed25519", line: hostKeys.one, trust: "first-use", acceptedBy: "admin" },
      labels: { env: "prod" },
    });
    expect(Date.parse(body.hostKey.acceptedAt)).toBeGreaterThan(Date.now() - 60_000);
    const [row] = await audit(body.id);
    expect(row).toMatchObject({
      action: "host.create",
      detail: { hostKey: body.hostKey.fingerprint, trust: "first-use" },
    });
    expect((await server.call("GET", `/api/v1/hosts/${body.id}`)).body).toEqual(body);
    expect((await create("web-1")).status).toBe(409);
  });

  it.each([
    ["no host key", { hostKey: undefined }, "hostKey"],
    ["a cut host key", { hostKey: hostKeys.one.slice(0, -12) }, "hostKey"],
    ["a key whose type is another's", { hostKey: hostKeys.one.replace("ssh-ed25519", "ssh-rsa") }, "hostKey"],
    ["an address that is an option", { address: "-oProxyCommand=id" }, "address"],
    ["an address with blanks", { address: "a b" }, "address"],
    ["a user that is an option", { user: "-l" }, "user"],
    ["a user with a line break", { user: "a\nb" }, "user"],
    ["a port that is none", { port: 65_536 }, "port"],
    ["a label that is no text", { labels: { a: 1 } }, "labels.a"],
    ["a credential that is none", { credential: "crd_x" }, "credential"],
    ["a bastion that does not exist", { bastion: newId("hst") }, "bastion"],
    ["a password", { password: "canary" }, "password"],
  ])("with %s are refused", async (_what, fields, field) => {
    const { status, body } = await create("refused", fields);
    expect([status, body.faults[0].field]).toEqual([400, field]);
  });

  it("are changed by the one who read them last; a new key is accepted anew", async () => {
    const { body } = await create("changing");
    const target = `/api/v1/hosts/${body.id}`;
    const patch = (fields: object, headers: Record<string, string> = {}) =>
      server.call("PATCH", target, { body: fields, headers });
    const changed = await patch({ port: 2222, hostKey: hostKeys.two }, { "if-match": '"1"' });
    expect([changed.status, changed.headers.get("etag")]).toEqual([200, '"2"']);
    expect(changed.body).toMatchObject({
      port: 2222,
      user: "ops",
      hostKey: { line: hostKeys.two, trust: "verified" },
    });
    expect(Date.parse(changed.body.hostKey.acceptedAt)).toBeGreaterThan(Date.parse(body.hostKey.acceptedAt));
    expect((await patch({ port: 22 }, { "if-match": '"1"' })).status).toBe(412);
    await create("other");
    expect((await patch({ name: "other" })).status).toBe(409);
    expect((await audit(body.id)).map(({ action }) => action)).toEqual(["host.create", "host.change"]);
  });

  it("are reached through one other host at most, which then stays", async () => {
    const { body: gate } = await create("gate");
    const { body: inner } = await create("inner", { bastion: gate.id });
    expect(inner.bastion).toBe(gate.id);
    expect((await create("deep", { bastion: inner.id })).body.faults[0].field).toBe("bastion");
    const turn = await server.call("PATCH", `/api/v1/hosts/${gate.id}`, { body: { bastion: inner.id } });
    expect(turn.status).toBe(400);
    const own = await server.call("PATCH", `/api/v1/hosts/${gate.id}`, { body: { bastion: gate.id } });
    expect(own.status).toBe(400);
    expect((await server.call("DELETE", `/api/v1/hosts/${gate.id}`)).status).toBe(409);
    await server.call("PATCH", `/api/v1/hosts/${inner.id}`, { body: { bastion: null } });
    expect((await server.call("DELETE", `/api/v1/hosts/${gate.id}`)).status).toBe(204);
    expect((await server.call("GET", `/api/v1/hosts/${gate.id}`)).status).toBe(404);
  });

  it("are seen by viewers and changed by admins of the organization only", async () => {
    const { body } = await create("seen");
    const viewer = await server.tokenOf({ roles: [{ role: "viewer", projectId: null }] });
    expect((await server.call("GET", "/api/v1/hosts", { token: viewer.token })).status).toBe(200);
    expect((await create("by-viewer", {}, viewer.token)).status).toBe(403);
    const projectId = await server.project("one");
    const admin = await server.tokenOf({ roles: [{ role: "admin", projectId }] });
    expect((await server.call("GET", `/api/v1/hosts/${body.id}`, { token: admin.token })).status).toBe(403);
  });

  it("with a credential are moved only by those who may use it", async () => {
    const key = await server.call("POST", "/api/v1/credentials", {
      body: { name: "git", url: "https://git.example.com", password: "x" },
    });
    const wrongKind = await create("by-git", { credential: key.body.id });
    expect([wrongKind.status, wrongKind.body.faults[0].field]).toEqual([400, "credential"]);
    const { id } = (await create("moved")).body;
    await server.database.db
      .updateTable("credential")
      .set({ kind: "ssh" })
      .where("id", "=", key.body.id)
      .execute();
    await server.database.db
      .updateTable("host")
      .set({ credential_id: key.body.id })
      .where("id", "=", id)
      .execute();
    const roles = [{ role: "admin" as const, projectId: null }];
    const { token } = await server.tokenOf({ roles, scopes: ["host:write", "host:read"] });
    const patch = (body: object) => server.call("PATCH", `/api/v1/hosts/${id}`, { body, token });
    expect((await patch({ labels: { a: "b" } })).status).toBe(200);
    for (const elsewhere of [
      { address: "10.6.6.6" },
      { port: 23 },
      { hostKey: hostKeys.two },
      { user: "x" },
    ]) {
      expect((await patch(elsewhere)).status).toBe(404);
    }
    expect((await patch({ credential: null, address: "10.6.6.6" })).status).toBe(200);
  });

  it("are found by labels and by group, page by page", async () => {
    for (const [name, tier] of [
      ["z1", "a"],
      ["z2", "a"],
      ["z3", "b"],
    ] as const) {
      await create(name, { labels: { zone: "z", tier } });
    }
    const list = (query: string) => server.call("GET", `/api/v1/hosts?${query}`);
    expect(names(await list("selector=zone%3Dz,tier%3Da"))).toEqual(["z1", "z2"]);
    const group = { name: "zone-z", selector: { zone: "z" } };
    const made = await server.call("POST", "/api/v1/host-groups", { body: group });
    expect([made.status, made.body.hosts]).toEqual([201, 3]);
    expect((await server.call("POST", "/api/v1/host-groups", { body: group })).status).toBe(409);
    expect(names(await list("group=zone-z&selector=tier%3Db"))).toEqual(["z3"]);
    const first = await list("group=zone-z&limit=2");
    const second = await list(`group=zone-z&limit=2&cursor=${first.body.nextCursor}`);
    expect([names(first), names(second), second.body.nextCursor]).toEqual([["z1", "z2"], ["z3"], null]);
    expect((await list("group=nothing")).status).toBe(404);
    expect((await server.call("DELETE", `/api/v1/host-groups/${made.body.id}`)).status).toBe(204);
    expect(names(await server.call("GET", "/api/v1/host-groups"))).toEqual([]);
    expect(names(await list("selector=zone%3Dz"))).toHaveLength(3);
  });

  it("are imported from an OpenSSH configuration, all that can be, with a report", async () => {
    const body = {
      config:
        "Host imp-b\n HostName 10.1.0.2\n ProxyJump imp-a\nHost imp-a\n HostName 10.1.0.1\nHost imp-c\n HostName 10.1.0.3\n",
      knownHosts: `10.1.0.1 ${hostKeys.one}\n10.1.0.2 ${hostKeys.two}\n`,
      user: "ops",
      labels: { from: "file" },
    };
    const dry = await server.call("POST", "/api/v1/hosts/import", { body: { ...body, dryRun: true } });
    expect(dry.body.taken.map(({ id, name }: { id: null; name: string }) => [id, name])).toEqual([
      [null, "imp-a"],
      [null, "imp-b"],
    ]);
    expect(names(await server.call("GET", "/api/v1/hosts?selector=from%3Dfile"))).toEqual([]);
    const done = await server.call("POST", "/api/v1/hosts/import", { body });
    expect(done.body.refused).toMatchObject([{ line: 6, name: "imp-c", reason: "no-host-key" }]);
    const [a, b] = (await server.call("GET", "/api/v1/hosts?selector=from%3Dfile")).body.items;
    expect([a.name, b.name, b.bastion, b.hostKey.trust]).toEqual(["imp-a", "imp-b", a.id, "first-use"]);
    expect((await audit(b.id))[0]).toMatchObject({ action: "host.create", detail: { imported: true } });
    const again = await server.call("POST", "/api/v1/hosts/import", { body });
    expect(again.body.taken).toEqual([]);
  });
});

(reasonWithoutSshd() ? describe.skip : describe)("a machine's host keys", () => {
  it("are shown as it gives them, best first, and one is accepted by adding the host", async () => {
    const sshd = await startSshd();
    try {
      const place = { address: "127.0.0.1", port: sshd.port };
      const shown = await server.call("POST", "/api/v1/hosts/host-key", { body: place });
      expect(shown.status).toBe(200);
      const lines = (["ed25519", "ecdsa", "rsa"] as const).map((type) =>
        sshd.hostKeys[type].split(" ", 2).join(" "),
      );
      expect(shown.body.keys.map(({ line }: { line: string }) => line)).toEqual(lines);
      const [row] = await audit(`127.0.0.1:${sshd.port}`);
      expect(row).toMatchObject({ action: "host.show-keys", detail: { fingerprints: expect.any(Array) } });
      const added = await create("met", { ...place, hostKey: lines[0], hostKeyTrust: "first-use" });
      expect(added.body.hostKey).toMatchObject({
        ...shown.body.keys[0],
        trust: "first-use",
        acceptedBy: "admin",
      });
    } finally {
      await sshd.stop();
    }
    const gone = await server.call("POST", "/api/v1/hosts/host-key", {
      body: { address: "127.0.0.1", port: 1 },
    });
    expect([gone.status, gone.body.detail]).toEqual([422, expect.stringContaining("No SSH server")]);
  });
});
