import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { sql } from "kysely";
import { z } from "zod";
import { accessRoutes } from "../../../automation-api/access/routes.ts";
import { record } from "../../../automation-api/audit/service.ts";
import { transaction } from "../../../automation-api/db/transaction.ts";
import { RoostError } from "../../../automation-api/errors.ts";
import { route } from "../../../automation-api/http/route.ts";
import { startTestServer, type TestServer } from "./test-server.ts";

let server: TestServer;
let ran: string[] = [];
let gate: Promise<void> | undefined;

beforeAll(async () => {
  server = await startTestServer({
    limits: { loginFailuresPerMinute: 5, changesPerMinute: 250 },
    routes: ({ database }) => [
      ...accessRoutes(database),
      route({
        method: "post",
        path: "/api/v1/things",
        summary: "thing",
        tag: "Test",
        access: "authenticated",
        body: z.strictObject({ name: z.string() }),
        replies: { 201: { description: "made", schema: z.object({ name: z.string(), nth: z.number() }) } },
        handler: async ({ body, principal, requestId }) => {
          await gate;
          if (body.name === "refused") throw new RoostError("conflict", "no");
          await transaction(database.db, (tx) =>
            record(tx, principal, { action: "thing.create", object: body.name, phase: "result", requestId }),
          );
          ran.push(body.name);
          return {
            status: 201,
            body: { name: body.name, nth: ran.length },
            headers: { location: "/things/1" },
          };
        },
      }),
    ],
  });
});
afterAll(() => server.close());
beforeEach(() => {
  ran = [];
  gate = undefined;
});

const create = (key: string, name: string, token?: string) =>
  server.call("POST", "/api/v1/things", { token, body: { name }, headers: { "idempotency-key": key } });

describe("the same Idempotency-Key", () => {
  test("with the same request gives the first reply again, headers too, and runs nothing", async () => {
    const first = await create("key-1", "a");
    const again = await create("key-1", "a");
    expect([again.status, again.body]).toEqual([first.status, first.body]);
    expect(again.headers.get("location")).toBe("/things/1");
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(ran).toEqual(["a"]);
  });

  test("with another request is refused", async () => {
    await create("key-2", "a");
    const other = await create("key-2", "b");
    expect([other.status, other.body.faults[0].field]).toEqual([422, "header.idempotency-key"]);
    expect(ran).toEqual(["a"]);
  });

  test("at the same time runs once, and all get its reply", async () => {
    let open = () => {};
    gate = new Promise((resolve) => {
      open = resolve;
    });
    const both = [create("key-3", "a"), create("key-3", "a"), create("key-3", "a")];
    setImmediate(open);
    const replies = await Promise.all(both);
    expect(replies.map((reply) => reply.body)).toEqual(Array(3).fill({ name: "a", nth: 1 }));
    expect(ran).toEqual(["a"]);
  });

  test("after a failure may be tried again", async () => {
    expect((await create("key-4", "refused")).status).toBe(409);
    expect((await create("key-4", "b")).status).toBe(201);
  });

  test("of another account is another key", async () => {
    const { token } = await server.tokenOf({});
    await create("key-5", "a");
    await create("key-5", "b", token);
    expect(ran).toEqual(["a", "b"]);
  });

  test("of a request whose process died runs again only when nothing had been done", async () => {
    await create("key-6", "a");
    await died("key-6", "req_without_effect");
    expect((await create("key-6", "a")).status).toBe(201);
    expect(ran).toEqual(["a", "a"]);
    const row = await server.database.db
      .selectFrom("idempotency_key")
      .select("request_id")
      .where("key", "=", "key-6")
      .executeTakeFirstOrThrow();
    await died("key-6", row.request_id);
    const lost = await create("key-6", "a");
    expect([lost.status, lost.body.detail]).toEqual([409, expect.stringContaining("thing.create of a")]);
    expect(ran).toHaveLength(2);
  });

  test("is refused where the reply is a secret, or when it is malformed", async () => {
    const headers = { "idempotency-key": "key-8" };
    expect((await server.call("POST", "/api/v1/tickets", { headers })).status).toBe(400);
    expect((await create("two words", "a")).body.faults[0].field).toBe("header.idempotency-key");
  });
});

describe("limits", () => {
  test("let 200 changes of one token pass in a burst, and stop what goes on for ever", async () => {
    const { token } = await server.tokenOf({});
    const post = () => server.call("POST", "/api/v1/things", { token, body: { name: "x" } });
    const burst = await Promise.all(Array.from({ length: 200 }, post));
    expect(burst.filter((reply) => reply.status === 201)).toHaveLength(200);
    const more = await Promise.all(Array.from({ length: 100 }, post));
    const refused = more.filter((reply) => reply.status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(Number(refused[0]?.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await server.call("GET", "/api/v1/me", { token })).status).toBe(200);
  });

  test("answer too many failed logins of one address with 429, and shut no good token out", async () => {
    const statuses = [];
    for (let index = 0; index < 8; index++) {
      statuses.push((await server.call("GET", "/api/v1/me", { token: `wrong-token-${index}` })).status);
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    expect((await server.call("GET", "/api/v1/me")).status).toBe(200);
    expect((await server.call("GET", "/api/v1/me", { token: null })).status).toBe(401);
  });
});

/** As a kill -9 between the claim of the key and the keeping of its reply leaves it. */
async function died(key: string, requestId: string): Promise<void> {
  await sql`UPDATE idempotency_key SET status = NULL, reply = NULL, headers = NULL, request_id = ${requestId},
    created_at = now() - interval '10 minutes' WHERE key = ${key}`.execute(server.database.db);
}
