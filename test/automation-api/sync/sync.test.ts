import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { sql } from "kysely";
import { syncRoutes } from "../../../automation-api/sync/routes.ts";
import { openSyncStore, Sync } from "../../../automation-api/sync/service.ts";
import { startTestServer, type TestServer } from "../http/test-server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    routes: ({ database: { db } }) =>
      syncRoutes(new Sync(db, openSyncStore(db, { ROOST_DATA_DIR: "/nowhere" }, []))),
  });
});
afterAll(() => server.close());

const document = (text: string) =>
  `-----BEGIN AGE ENCRYPTED FILE-----\n${Buffer.from(text).toString("base64")}\n-----END AGE ENCRYPTED FILE-----\n`;
const push = (body: object, token?: string) => server.call("POST", "/api/v1/sync/push", { body, token });
const pull = (body: object, token?: string) => server.call("POST", "/api/v1/sync/pull", { body, token });

it("gives back what was pushed, the newest or an older one, and audits each push", async () => {
  expect((await pull({})).status).toBe(404);
  const first = await push({ document: document("one") });
  expect(first.status).toBe(200);
  const second = await push({ document: document("two"), base: first.body.current });
  expect((await pull({})).body).toMatchObject({ name: "default", document: document("two") });
  const older = await pull({ revision: first.body.current });
  expect(older.body).toMatchObject({ revision: first.body.current, document: document("one") });
  expect(older.body.current).toBe(second.body.current);
  const { rows } =
    await sql`SELECT phase, result FROM audit WHERE action = 'shell.push' ORDER BY 1, 2`.execute(
      server.database.db,
    );
  expect(rows).toEqual([
    { phase: "intent", result: null },
    { phase: "intent", result: null },
    { phase: "result", result: "succeeded" },
    { phase: "result", result: "succeeded" },
  ]);
});

it("refuses a push from an older one, and names the current one", async () => {
  const first = await push({ name: "raced", document: document("a") });
  await push({ name: "raced", document: document("b"), base: first.body.current });
  const late = await push({ name: "raced", document: document("c"), base: first.body.current });
  expect([late.status, late.body.detail]).toEqual([
    409,
    expect.stringContaining("Another machine has pushed raced"),
  ]);
});

it("shows nobody the shells of another account, be it an admin", async () => {
  const { token } = await server.tokenOf({ roles: [{ role: "viewer", projectId: null }] });
  await push({ name: "own", document: document("mine") }, token);
  expect((await pull({ name: "own" }, token)).status).toBe(200);
  expect((await pull({ name: "own" })).status).toBe(404);
});

it.each([
  ["a document in clear", { document: "theme: plain" }, "document"],
  ["a document that hides clear text", { document: `${document("x")}theme: plain\n` }, "document"],
  ["a name with a path", { document: document("x"), name: "../x" }, "name"],
  ["a base that is none", { document: document("x"), base: "x" }, "base"],
  ["a field that is none", { document: document("x"), owner: "x" }, "owner"],
])("refuses %s", async (_, body, field) => {
  const refused = await push(body);
  expect(refused.status).toBe(400);
  expect(JSON.stringify(refused.body.faults)).toContain(field);
});
