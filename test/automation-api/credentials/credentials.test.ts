import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { newId } from "../../../automation-api/db/id.ts";
import { type DeploymentServer, startDeploymentServer } from "../deployments/deployment-server.ts";

let server: DeploymentServer;
beforeAll(async () => {
  server = await startDeploymentServer();
});
afterAll(() => server.close());

const good = {
  name: "forge",
  url: "https://git.example.com",
  username: "robot",
  password: "canary-password",
};
const create = (fields: object = {}, token?: string) =>
  server.call("POST", "/api/v1/credentials", { body: { ...good, ...fields }, ...(token && { token }) });

describe("credentials", () => {
  it("are stored encrypted under a key of their own, and never shown again", async () => {
    const created = await create();
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      name: "forge",
      kind: "git",
      url: "https://git.example.com",
      username: "robot",
    });
    const other = await create({ name: "other" });
    const listed = await server.call("GET", "/api/v1/credentials");
    const rows = await server.database.db.selectFrom("credential").selectAll().execute();
    const audit = await server.database.db.selectFrom("audit").selectAll().execute();
    expect(listed.body.items).toHaveLength(2);
    const shown = JSON.stringify([created.text, listed.text, audit, server.log]);
    expect(shown).not.toContain("canary-password");
    for (const row of rows) expect(row.secret.includes("canary-password")).toBe(false);
    const [first, second] = rows;
    expect(server.cipher.decrypt(first?.id ?? "", first?.secret ?? Buffer.alloc(0)).toString()).toContain(
      "canary-password",
    );
    expect(() => server.cipher.decrypt(second?.id ?? "", first?.secret ?? Buffer.alloc(0))).toThrow();
    expect(audit.map(({ action }) => action)).toContain("credential.create");
    expect(other.headers.get("location")).toBe(`/api/v1/credentials/${other.body.id}`);
  });

  it("are given out for their own address and project only", async () => {
    const project = await server.project("guarded");
    const { body } = await create({ project: "guarded", url: "https://git.example.com:8443/" });
    const use = { organizationId: server.organizationId, projectId: project };
    const at = (url: string, more: object = {}) =>
      server.credentials.reveal(body.id, { ...use, url: new URL(url), ...more });
    expect(await at("https://git.example.com:8443/r")).toMatchObject({
      username: "robot",
      password: "canary-password",
    });
    for (const url of [
      "https://git.example.com/r",
      "http://git.example.com:8443/r",
      "https://evil.example.com:8443/r",
    ]) {
      await expect(at(url)).rejects.toMatchObject({ code: "invalid" });
    }
    await expect(at("https://git.example.com:8443/r", { projectId: "prj_other" })).rejects.toMatchObject({
      code: "not_found",
    });
    await expect(at("https://git.example.com:8443/r", { organizationId: "org_x" })).rejects.toMatchObject({
      code: "not_found",
    });
    const { body: listed } = await server.call("GET", "/api/v1/credentials");
    const used = listed.items.find(({ id }: { id: string }) => id === body.id);
    expect([used.lastUsedAt, used.lastUsedBy]).toEqual([expect.any(String), project]);
  });

  it("are named in a program only by those who may write them, for their own host", async () => {
    const project = await server.project("pipeline");
    const { body } = await create({ url: "https://8.8.8.8" });
    const git = (url: string) => ({ project: "pipeline", program: { git: { url, credential: body.id } } });
    expect((await server.deploy(git("https://8.8.8.8/r"))).status).toBe(202);
    const elsewhere = await server.deploy(git("https://8.8.4.4/r"));
    expect([elsewhere.status, elsewhere.body.faults[0].field]).toEqual([400, "program.git.credential"]);
    const { token } = await server.tokenOf({ roles: [{ role: "admin", projectId: project }] });
    expect((await server.deploy(git("https://8.8.8.8/r"), token)).status).toBe(404);
  });

  it("are deleted once, and by those who may", async () => {
    const { body } = await create();
    const path = `/api/v1/credentials/${body.id}`;
    const operator = await server.tokenOf({ roles: [{ role: "operator", projectId: null }] });
    expect((await server.call("DELETE", path, { token: operator.token })).status).toBe(403);
    const elsewhere = await server.tokenOf({
      roles: [{ role: "admin", projectId: await server.project("alone") }],
    });
    expect((await server.call("DELETE", path, { token: elsewhere.token })).status).toBe(404);
    expect((await server.call("DELETE", path)).status).toBe(204);
    expect((await server.call("DELETE", path)).status).toBe(404);
    expect((await server.call("DELETE", `/api/v1/credentials/${newId("crd")}`)).status).toBe(404);
  });

  it("of a project are made and seen by its admins, those of others not", async () => {
    const projectId = await server.project("team");
    const { token } = await server.tokenOf({ roles: [{ role: "admin", projectId }] });
    expect((await create({}, token)).status).toBe(403);
    const own = await create({ project: "team" }, token);
    expect(own.status).toBe(201);
    const listed = await server.call("GET", "/api/v1/credentials", { token });
    expect(listed.body.items.map(({ id }: { id: string }) => id)).toEqual([own.body.id]);
    expect((await create({ project: "nowhere" }, token)).status).toBe(404);
  });

  it.each([
    ["a path in the url", { url: "https://git.example.com/team" }, "url"],
    ["a user in the url", { url: "https://u@git.example.com" }, "url"],
    ["another protocol", { url: "ssh://git.example.com" }, "url"],
    ["a query", { url: "https://git.example.com?x" }, "url"],
    ["no url", { url: "" }, "url"],
    ["a line break in the password", { password: "a\npassword=b" }, "password"],
    ["no password", { password: undefined }, "password"],
    ["a private key with a password", { privateKey: "canary" }, "privateKey"],
    ["a line break in the name of the user", { username: "a\nb" }, "username"],
    ["an empty password", { password: "" }, "password"],
    ["another kind", { kind: "winrm" }, "kind"],
    ["an unknown field", { value: 1 }, "value"],
  ])("refuse %s", async (_name, fields, field) => {
    const { status, body, text } = await create(fields);
    expect([status, body.faults[0].field]).toEqual([400, field]);
    expect(text).not.toContain("canary");
  });
});
