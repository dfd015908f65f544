import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { sql } from "kysely";
import { newId } from "../../../automation-api/db/id.ts";
import { RoostError } from "../../../automation-api/errors.ts";
import { systemRoutes } from "../../../automation-api/system/routes.ts";
import { createMetrics, type Metrics } from "../../../automation-api/system/service.ts";
import { startTestServer, type TestServer } from "../http/test-server.ts";

let server: TestServer;
let metrics: Metrics;
let broken: Error | undefined;

beforeAll(async () => {
  server = await startTestServer({
    routes: ({ database, dataFolder }) => {
      const shared = { db: database.db, dataFolder, deathMs: 4000 };
      metrics = createMetrics({ ...shared, withStacks: true, openStreams: () => 3 });
      return systemRoutes({
        ...shared,
        metrics,
        version: "1.2.3",
        startedAt: new Date(0),
        embeddedDatabase: true,
        engineVersion: () => "3.259.0",
        checks: {
          worker: async () => {
            if (broken) throw broken;
          },
        },
      });
    },
    onRequest: (request) => metrics.onRequest(request),
  });
});
afterAll(() => server.close());

test("health needs no token", async () => {
  expect(await server.call("GET", "/health", { token: null })).toMatchObject({
    status: 200,
    body: { status: "ok" },
  });
});

test("readiness names each check, and says why it fails without repeating foreign texts", async () => {
  expect(await server.call("GET", "/ready", { token: null })).toMatchObject({
    status: 200,
    body: { status: "ready", checks: { database: { ok: true }, worker: { ok: true } } },
  });
  broken = new RoostError("unavailable", "no worker has said anything for 9 s");
  expect(await server.call("GET", "/ready", { token: null })).toMatchObject({
    status: 503,
    body: {
      status: "not ready",
      checks: { worker: { ok: false, message: "no worker has said anything for 9 s" } },
    },
  });
  broken = new Error("connect postgres://user:password@host");
  const unknown = await server.call("GET", "/ready", { token: null });
  expect(unknown.text).not.toContain("password");
  broken = undefined;
});

describe("metrics", () => {
  test("need their permission", async () => {
    const { token } = await server.tokenOf({ roles: [{ role: "operator", projectId: null }] });
    expect((await server.call("GET", "/metrics", { token })).status).toBe(403);
    expect((await server.call("GET", "/metrics", { token: null })).status).toBe(401);
  });

  test("count deployments, workers and requests by route pattern", async () => {
    const deployment = await addDeployment();
    await server.call("GET", "/nothing/at/all", { token: null });
    const { text, status } = await server.call("GET", "/metrics");
    expect(status).toBe(200);
    expect(text).toContain('roost_deployments{state="queued"} 1');
    expect(text).toContain('roost_workers{state="alive"} 1');
    expect(text).toContain('roost_workers{state="dead"} 1');
    expect(text).toContain("roost_open_streams 3");
    expect(text).toMatch(/roost_disk_bytes{what="database"} \d{6,}/);
    expect(text).toMatch(/roost_queue_age_seconds (5\d\d|6\d\d)/);
    expect(text).toContain('route="unmatched",status="404"');
    expect(text).toContain('method="GET",route="/health",status="200"');
    expect(text).not.toContain(deployment);
    expect(text).toContain('roost_stack_bytes{project="shop",stack="live"} 5');
  });
});

test("the system shows its versions to all, workers and disks to who manages it", async () => {
  const { token } = await server.tokenOf({ roles: [{ role: "viewer", projectId: null }] });
  const seen = (await server.call("GET", "/api/v1/system", { token })).body;
  expect(seen).toMatchObject({
    version: "1.2.3",
    schema: expect.stringMatching(/^\d{4}-/),
    engine: { version: "3.259.0" },
    organization: { name: "roost" },
    database: { embedded: true },
    deployments: { queued: 1 },
  });
  expect(seen).not.toHaveProperty("workers");
  const all = (await server.call("GET", "/api/v1/system")).body;
  expect(all.workers).toHaveLength(2);
  expect(all.stacks).toEqual([{ project: "shop", stack: "live", bytes: 5 }]);
  expect(all.disk.dataFreeBytes).toBeGreaterThan(0);
  const nobody = await server.tokenOf({});
  expect((await server.call("GET", "/api/v1/system", { token: nobody.token })).body.deployments).toEqual({});
});

async function addDeployment(): Promise<string> {
  const { db } = server.database;
  const projectId = await server.project("shop");
  const [stackId, id] = [newId("stk"), newId("dep")];
  await db.insertInto("stack").values({ id: stackId, project_id: projectId, name: "live" }).execute();
  await sql`INSERT INTO checkpoint_content (hash, bytes, raw_bytes) VALUES ('\\x01', 'state', 9)`.execute(db);
  await sql`INSERT INTO checkpoint (stack_id, version, content_hash, resource_count)
    VALUES (${stackId}, 1, '\\x01', 0), (${stackId}, 2, '\\x01', 0)`.execute(db);
  await sql`INSERT INTO worker (id, machine_id, pid, lock_key, slots, heartbeat_at)
    VALUES ('wrk_1', 'm', 1, 1, 2, now()), ('wrk_2', 'm', 2, 2, 2, now() - interval '1 minute')`.execute(db);
  const { id: account } = await db
    .selectFrom("account")
    .select("id")
    .where("name", "=", "admin")
    .executeTakeFirstOrThrow();
  await sql`INSERT INTO deployment (id, organization_id, project_id, stack_id, operation, state, program, requester_id, requester, created_at)
    VALUES (${id}, ${server.organizationId}, ${projectId}, ${stackId}, 'update', 'queued', '{}', ${account}, 'admin', now() - interval '10 minutes')`.execute(
    db,
  );
  return id;
}
