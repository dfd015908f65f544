import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { accessRoutes } from "../../../automation-api/access/routes.ts";
import { auditRoutes } from "../../../automation-api/audit/routes.ts";
import { Heads, Sealer } from "../../../automation-api/audit/service.ts";
import { newId } from "../../../automation-api/db/id.ts";
import { sealAll } from "../../support/sealing.ts";
import { startTestServer, type TestServer } from "../http/test-server.ts";

let server: TestServer;
let sealer: Sealer;
beforeAll(async () => {
  server = await startTestServer({
    routes: ({ database: { db }, dataFolder }) => {
      const heads = new Heads(dataFolder);
      sealer = new Sealer({ db, heads, onError: () => {} });
      return [...auditRoutes({ db, heads }), ...accessRoutes({ db })];
    },
  });
  for (const name of ["one", "=two", 'three, "3"'])
    await server.call("POST", "/api/v1/tokens", { body: { name } });
  const organizationId = newId("org");
  await server.database.db
    .insertInto("organization")
    .values({ id: organizationId, name: "others" })
    .execute();
  await server.database.db
    .insertInto("audit")
    .values({
      organization_id: organizationId,
      actor_id: "x",
      actor: "stranger",
      action: "token.create",
      object: "x",
      phase: "result",
      detail: "{}",
    })
    .execute();
  await sealAll(sealer, server.database.db);
});
afterAll(() => server.close());

describe("the audit trail", () => {
  test("is listed newest first, page by page, with its place in the chain, and only our own", async () => {
    const first = (await server.call("GET", "/api/v1/audit?limit=3")).body;
    expect(first.items.map((row: { action: string }) => row.action)).toEqual(Array(3).fill("token.create"));
    expect(first.items[0]).toMatchObject({
      actor: "admin",
      phase: "result",
      result: "succeeded",
      sequence: "4",
      detail: { name: 'three, "3"' },
    });
    const second = (await server.call("GET", `/api/v1/audit?limit=3&cursor=${first.nextCursor}`)).body;
    expect(second).toMatchObject({
      items: [{ action: "organization.create", actor: "roost" }],
      nextCursor: null,
    });
    expect(JSON.stringify([first, second])).not.toContain("stranger");
  });

  const filters: [string, number][] = [
    ["action=token.create", 3],
    ["actor=roost", 1],
    ["actor=nobody", 0],
    ["from=2100-01-01T00:00:00Z", 0],
    ["to=2100-01-01T00:00:00Z&action=token.create", 3],
  ];
  test.each(filters)("with %s shows %d rows", async (filter, count) => {
    expect((await server.call("GET", `/api/v1/audit?${filter}`)).body.items).toHaveLength(count);
  });

  test("of one request and one object is found by their ids", async () => {
    const [row] = (await server.call("GET", "/api/v1/audit?limit=1")).body.items;
    for (const filter of [`requestId=${row.requestId}`, `object=${row.object}`]) {
      expect((await server.call("GET", `/api/v1/audit?${filter}`)).body.items).toEqual([row]);
    }
  });

  test("is exported oldest first, as JSON lines and as CSV that no spreadsheet takes for a formula", async () => {
    const json = await server.call("GET", "/api/v1/audit/export");
    const rows = json.text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(rows.map((row) => row.sequence)).toEqual(["1", "2", "3", "4"]);
    const csv = await server.call("GET", "/api/v1/audit/export?format=csv&action=token.create");
    expect(csv.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    const lines = csv.text.split("\r\n");
    expect(lines).toHaveLength(5);
    expect(lines[0]).toBe("id,sequence,at,actor,actorId,action,object,phase,result,requestId,detail,hash");
    expect(lines[3]).toContain('\\""3\\""');
    expect(csv.text).not.toMatch(/(^|,)"?[=+@-]/m);
  });

  test("is verified on request, with what cannot be seen said", async () => {
    const { body } = await server.call("POST", "/api/v1/audit/verify");
    expect(body).toMatchObject({
      ok: true,
      sealedRows: "4",
      faults: [],
      warnings: [expect.stringContaining("No signed head")],
    });
    await server.call("POST", "/api/v1/audit/key-rotation");
    await sealAll(sealer, server.database.db);
    await sealer.sign();
    expect((await server.call("POST", "/api/v1/audit/verify")).body).toMatchObject({
      ok: true,
      sealedRows: "6",
      warnings: [],
    });
  });
});
