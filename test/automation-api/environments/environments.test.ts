import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { sql } from "kysely";
import { type DeploymentServer, startDeploymentServer } from "../deployments/deployment-server.ts";

let server: DeploymentServer;
let projectId: string;
beforeAll(async () => {
  server = await startDeploymentServer();
  projectId = await server.project("shop");
}, 120_000);
afterAll(() => server?.close(), 60_000);

const root = "/api/v1/environments";
const call = (method: string, path = "", body?: object, token?: string) =>
  server.call(method, `${root}${path}`, { ...(body && { body }), ...(token !== undefined && { token }) });

describe("environments", () => {
  it("are made, given other stacks, listed and deleted", async () => {
    const made = await call("POST", "", { name: "test", stacks: ["test"] });
    expect([made.status, made.body]).toMatchObject([201, { name: "test", stacks: ["test"], policies: null }]);
    expect((await call("POST", "", { name: "test", stacks: ["other"] })).status).toBe(409);
    expect((await call("PUT", "/test", { stacks: ["test", "shop/t-*"] })).body.stacks).toEqual([
      "test",
      "shop/t-*",
    ]);
    await call("POST", "", { name: "prod", stacks: ["prod"] });
    const { body: first } = await call("GET", "?limit=1");
    expect(first.items.map(({ name }: { name: string }) => name)).toEqual(["prod"]);
    const { body: second } = await call("GET", `?cursor=${first.nextCursor}`);
    expect([second.items.length, second.nextCursor]).toEqual([1, null]);
    expect((await call("DELETE", "/prod")).status).toBe(204);
    expect((await call("GET", "/prod")).status).toBe(404);
    expect((await call("PUT", "/prod", { stacks: ["prod"] })).status).toBe(404);
  });

  it.each([
    ["no stacks", { name: "bad", stacks: [] }, "stacks"],
    ["three parts", { name: "bad", stacks: ["a/b/c"] }, "PROJECT/STACK"],
    ["a wrong name", { name: "Bad", stacks: ["a"] }, "small letters"],
  ])("refuse %s", async (_what, body, message) => {
    const { status, text } = await call("POST", "", body);
    expect([status, text]).toEqual([400, expect.stringContaining(message)]);
  });

  it("have policies with levels and settings, and no packs", async () => {
    const policies = { level: "mandatory", settings: { "cost-idle": "disabled" } };
    expect((await call("PUT", "/test/policies", policies)).status).toBe(200);
    const kept = { ...policies, allowCommandLine: false };
    expect((await call("GET", "/test/policies")).body).toEqual({ policies: kept });
    expect((await call("GET", "/test")).body.policies).toEqual(kept);
    expect((await call("PUT", "/test/policies", { settings: { none: "disabled" } })).status).toBe(400);
    expect((await call("PUT", "/test/policies", { packs: [] })).status).toBe(400);
    expect((await call("PUT", "/none/policies", {})).status).toBe(404);
    expect((await call("DELETE", "/test/policies")).status).toBe(204);
    expect((await call("GET", "/test/policies")).body).toEqual({ policies: null });
  });

  it("are the organization's: who may force policies on one project may only see them", async () => {
    const { token } = await server.tokenOf({ roles: [{ role: "admin", projectId }] });
    expect((await call("GET", "/test", undefined, token)).status).toBe(200);
    for (const [method, path, body] of [
      ["POST", "", { name: "own", stacks: ["a"] }],
      ["PUT", "/test", { stacks: ["nothing"] }],
      ["PUT", "/test/policies", {}],
      ["DELETE", "/test/policies", undefined],
      ["DELETE", "/test", undefined],
    ] as const) {
      expect([method, path, (await call(method, path, body, token)).status]).toEqual([method, path, 403]);
    }
  });

  it.each([
    ["prod", "shop", "prod", true],
    ["prod", "shop", "prod-eu", false],
    ["prod*", "shop", "prod-eu", true],
    ["shop/*", "shop", "dev", true],
    ["shop/*", "shops", "dev", false],
    ["*/live", "any", "live", true],
    ["a_b", "shop", "axb", false],
    ["a.c", "shop", "abc", false],
  ])("of %s: %s/%s is one of its stacks: %s", async (pattern, project, stack, expected) => {
    const { rows } = await sql<{ found: boolean }>`
      SELECT is_in_environment(${[pattern]}, ${project}, ${stack}) AS found`.execute(server.database.db);
    expect(rows[0]!.found).toBe(expected);
  });
});
