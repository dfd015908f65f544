import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { sessionRoutes } from "../../../automation-api/sessions/routes.ts";
import { Sessions } from "../../../automation-api/sessions/service.ts";
import { templateRoutes } from "../../../automation-api/templates/routes.ts";
import { Templates } from "../../../automation-api/templates/service.ts";
import { startTestServer, type TestServer } from "../http/test-server.ts";
import { abilities, cipher } from "./session-lab.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    routes: ({ database: { db } }) => {
      const view = { proxyUrl: "http://*.localhost:8001", isolates: () => false, launchLimit: () => null };
      const docker = { isolates: true };
      const images = ["registry.example.com/"];
      return [
        ...templateRoutes(new Templates({ db, cipher, abilities: { ...abilities, docker }, images })),
        ...sessionRoutes({ sessions: new Sessions({ db, cipher, view }), sessionLogPath: () => undefined }),
      ];
    },
  });
  const desk = { name: "desk", workload: { command: ["true"] }, quotas: { perUser: 1 } };
  expect(await server.call("POST", "/api/v1/templates", { body: desk })).toMatchObject({ status: 201 });
  const first = { template: "desk", user: "ann" };
  expect(await server.call("POST", "/api/v1/sessions", { body: first })).toMatchObject({ status: 202 });
});
afterAll(() => server.close());

/** What is refused leaves nothing: no row, and so nothing to start. */
async function refused(path: string, body: unknown, token?: string) {
  const before = await server.countRows();
  const reply = await server.call("POST", path, { body, ...(token !== undefined && { token }) });
  expect(await server.countRows()).toEqual(before);
  const { faults = [], detail } = reply.body;
  return { status: reply.status, fields: faults.map(({ field }: { field: string }) => field), detail };
}

describe("a session is refused", () => {
  it.each([
    ["of an unknown template", { template: "none" }, 404],
    ["of a user who has as many as there may be", { template: "desk", user: "ann" }, 409],
    ["of a user without a name", { template: "desk", user: "" }, 400],
    ["with secrets that cannot come to its workload", { template: "desk", secrets: { KEY: "x" } }, 400],
  ])("%s", async (_, body, status) => {
    expect(await refused("/api/v1/sessions", body)).toMatchObject({ status, detail: expect.any(String) });
  });

  it("to a token that has expired", async () => {
    const { token } = await server.tokenOf({ roles: [{ role: "admin", projectId: null }], expired: true });
    expect(await refused("/api/v1/sessions", { template: "desk" }, token)).toMatchObject({ status: 401 });
  });
});

describe("a template is refused", () => {
  const workload = { command: ["true"] };
  const foreign = { image: `elsewhere.example.com/desk@sha256:${"0".repeat(64)}` };
  it.each<[string, Record<string, unknown>, string]>([
    [
      "whose image the server's rules do not allow",
      { target: "docker", workload: foreign },
      "workload.image",
    ],
    ["with a negative pool", { workload, pool: { floor: -1 } }, "pool.floor"],
    ["with an absurd pool", { workload, pool: { ceiling: 1_000_000 } }, "pool.ceiling"],
    ["whose floor is above its ceiling", { workload, pool: { floor: 3, ceiling: 2 } }, "pool.floor"],
    ["without a session for anybody", { workload, quotas: { perUser: 0 } }, "quotas.perUser"],
    ["with a life of no time", { workload, lifeSeconds: 0 }, "lifeSeconds"],
    ["that is idle before it is there", { workload, idleSeconds: -60 }, "idleSeconds"],
    ["with absurd memory", { workload: { ...workload, memoryMiB: 1e9 } }, "workload.memoryMiB"],
    ["with a part of a processor", { workload: { ...workload, cpu: 0.5 } }, "workload.cpu"],
    ["with a port that there is not", { workload: { ...workload, port: 70_000 } }, "workload.port"],
    ["isolated where nothing isolates", { workload, isolation: "required" }, "isolation"],
  ])("%s", async (_, fields, field) => {
    const outcome = await refused("/api/v1/templates", { name: "other", ...fields });
    expect(outcome).toMatchObject({ status: 400, fields: [field] });
  });
});
