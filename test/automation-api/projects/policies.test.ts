import { mkdir } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { dropUnusedArchives } from "../../../automation-api/maintenance/queries.ts";
import { type DeploymentServer, startDeploymentServer } from "../deployments/deployment-server.ts";
import { makeTarGz } from "../programs/tarball.ts";

let server: DeploymentServer;
let projectId: string;
beforeAll(async () => {
  server = await startDeploymentServer();
  projectId = await server.project("shop");
  await mkdir(path.join(server.programRoot, "house"));
}, 120_000);
afterAll(() => server?.close(), 60_000);

const url = "/api/v1/projects/shop/policies";
const force = (body: object, token?: string) =>
  server.call("PUT", url, { body, ...(token !== undefined && { token }) });
const house = { name: "house", source: { folder: "house" } };
const upload = (token?: string) =>
  server.call("POST", "/api/v1/programs", {
    body: makeTarGz([{ path: "package.json", content: "{}" }]),
    headers: { "content-type": "application/gzip" },
    ...(token !== undefined && { token }),
  });

describe("packs of a project's own", () => {
  it("are kept and told with what is set for them", async () => {
    const pack = { ...house, level: "advisory", settings: { rule: "disabled" } };
    expect((await force({ packs: [pack] })).status).toBe(200);
    expect((await server.call("GET", url)).body.policies).toEqual({
      level: null,
      settings: {},
      allowCommandLine: false,
      packs: [pack],
    });
  });

  it.each([
    ["a program that is built in", [{ name: "house", source: { builtin: "hello" } }], "expected a folder"],
    [
      "a folder that is not allowed",
      [{ name: "house", source: { folder: "/etc" } }],
      "below the allowed roots",
    ],
    ["one name twice", [house, house], "names must differ"],
    ["the name of ours", [{ ...house, name: "roost" }], "is the name of the policies"],
  ])("refuse %s", async (_what, packs, message) => {
    const { status, text } = await force({ packs });
    expect([status, text]).toEqual([400, expect.stringContaining(message)]);
  });

  it("need the permission to run a user's code beside the one to force policies", async () => {
    const { token } = await server.tokenOf({
      roles: [{ role: "admin", projectId }],
      scopes: ["stack:read", "policy:write"],
    });
    expect((await force({}, token)).status).toBe(200);
    const { status, body } = await force({ packs: [house] }, token);
    expect([status, body.detail]).toEqual([403, expect.stringContaining("program:run-code")]);
  });

  it("are archives that whoever names them may see, and stay while they are named", async () => {
    const { id } = (await upload()).body;
    const { token } = await server.tokenOf({ roles: [{ role: "admin", projectId }] });
    const packs = [{ name: "house", source: { archive: id } }];
    expect((await force({ packs }, token)).status).toBe(404);
    expect((await force({ packs })).status).toBe(200);
    expect((await force({ packs }, token)).status).toBe(200);
    const { db } = server.database;
    const kept = async () =>
      (await db.selectFrom("program_archive").select("id").execute()).map((row) => row.id);
    await dropUnusedArchives(db, 0);
    expect(await kept()).toContain(id);
    await server.call("DELETE", url);
    await dropUnusedArchives(db, 0);
    expect(await kept()).not.toContain(id);
  });
});
