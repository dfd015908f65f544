import { randomUUID } from "node:crypto";
import http from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { sql } from "kysely";
import type { Permission } from "../../../automation-api/access/permissions.ts";
import { permissionNames, roles } from "../../../automation-api/access/permissions.ts";
import { readSettings } from "../../../automation-api/config.ts";
import { newId } from "../../../automation-api/db/id.ts";
import { bodyBytes } from "../../../automation-api/http/limits.ts";
import type { Route } from "../../../automation-api/http/route.ts";
import { allRoutes } from "../../../automation-api/routes.ts";
import { openServices, type Services } from "../../../automation-api/services.ts";
import type { TestDatabase } from "../../support/database.ts";
import {
  bodyCases,
  fillPath,
  looseObjects,
  type NegativeCase,
  pathCases,
  queryCases,
  sample,
} from "./negative-cases.ts";
import { type Reply, startTestServer, type TestServer } from "./test-server.ts";

/** The table is made once without a database to know the names of the tests; the server makes its own. */
const routes = allRoutes(placeholder() as Services);
const title = ({ method, path }: Route) => `${method.toUpperCase()} ${path}`;
const table = routes.map((route) => [title(route), route] as const);
const guarded = table.filter(([, { access }]) => access !== "public");
const product = guarded.filter(([, { protocol }]) => protocol !== "pulumi");

let server: TestServer;
let services: Services;
const tokens: Record<string, string> = {};
let foreign: { organization: string; ids: string[] };

beforeAll(async () => {
  server = await startTestServer({
    routes: async ({ database, dataFolder }) => {
      const settings = readSettings(dataFolder, { ROOST_DATA_DIR: dataFolder, ROOST_LOG_LEVEL: "silent" });
      services = await openServices(settings, database.connection);
      return allRoutes(services);
    },
  });
  foreign = await insertForeign(server.database, server);
  tokens.unknown = "roost_tok0123456789_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA_00000000";
  tokens.foreign = "some other secret that is long enough".replaceAll(" ", "-");
  tokens.expired = (await server.tokenOf({ expired: true })).token;
  tokens.revoked = (await server.tokenOf({ revoked: true })).token;
  tokens.nobody = (await server.tokenOf({})).token;
  tokens.viewer = (await server.tokenOf({ roles: [{ role: "viewer", projectId: null }] })).token;
});
afterAll(async () => {
  await services.close();
  await server.close();
});

const send = (route: Route, options: Parameters<TestServer["call"]>[2] & { path?: string } = {}) =>
  server.call(route.method.toUpperCase(), options.path ?? fillPath(route), {
    body: route.body && route.bodyKind !== "binary" ? sample(route.body) : undefined,
    ...options,
  });

/** A refusal in the right form: a problem for our API, code and message for the pulumi command. */
function expectRefusal(route: Route, reply: Reply, statuses: number[], what: string): void {
  expect(
    `${what}: ${statuses.includes(reply.status) ? "refused" : `${reply.status} ${reply.text.slice(0, 300)}`}`,
  ).toBe(`${what}: refused`);
  if (route.method === "head") return;
  if (route.protocol === "pulumi")
    expect(reply.body).toMatchObject({ code: reply.status, message: expect.any(String) });
  else
    expect(reply.body).toMatchObject({
      status: reply.status,
      detail: expect.any(String),
      code: expect.any(String),
    });
}

async function nothingStored(work: () => Promise<void>): Promise<void> {
  const before = await server.countRows();
  await work();
  expect(await server.countRows()).toEqual(before);
}

describe("login", () => {
  test.each(guarded)("%s refuses every bad token and stores nothing", async (_title, route) => {
    await nothingStored(async () => {
      expectRefusal(route, await send(route, { token: null }), [401], "no token");
      for (const kind of ["unknown", "foreign", "expired", "revoked"]) {
        expectRefusal(route, await send(route, { token: tokens[kind] }), [401], kind);
      }
      const basic = { token: null, headers: { authorization: "Basic YWRtaW46YWRtaW4=" } };
      expectRefusal(route, await send(route, basic), [401], "another scheme");
    });
  });
});

describe("permission", () => {
  const asking = product.filter(([, { access }]) => access !== "authenticated");

  test.each(asking)(
    "%s refuses a token without the scope, and roles without the permission",
    async (_title, route) => {
      const access = route.access as Permission;
      const others = permissionNames.filter((name) => name !== access);
      const scoped = await server.tokenOf({ roles: [{ role: "admin", projectId: null }], scopes: others });
      await nothingStored(async () => {
        expectRefusal(route, await send(route, { token: scoped.token }), [403], "scope");
        expectRefusal(route, await send(route, { token: tokens.nobody }), [403], "no role");
        if (!(roles.viewer as readonly Permission[]).includes(access)) {
          expectRefusal(route, await send(route, { token: tokens.viewer }), [403], "viewer");
        }
      });
    },
  );
});

describe("input", () => {
  test.each(table)(
    "%s refuses what its schemas do not allow, names the field and stores nothing",
    async (_title, route) => {
      const cases: NegativeCase[] = [...pathCases(route), ...queryCases(route), ...bodyCases(route)];
      await nothingStored(async () => {
        for (const { name, path, body, expected, field } of cases) {
          const reply = await send(route, { path, body });
          const wire = route.protocol === "pulumi" && route.access === "public" ? [401, 403] : [];
          expectRefusal(route, reply, [...expected, ...wire], name);
          if (field === undefined || route.method === "head") continue;
          const fields = reply.body.faults.map((fault: { field: string }) => fault.field);
          expect(fields.some((named: string) => named.startsWith(field)) ? field : fields).toBe(field);
        }
      });
    },
  );

  const withBody = table.filter(([, route]) => route.body !== undefined && route.bodyKind !== "binary");

  test.each(withBody)(
    "%s refuses bodies that are too large, too deep, cut, or of another type",
    async (_title, route) => {
      await nothingStored(async () => {
        expect(await announce(route, (route.bodyLimitBytes ?? bodyBytes) + 1)).toBe(413);
        const deep = await send(route, { body: `${"[".repeat(5000)}${"]".repeat(5000)}` });
        expectRefusal(route, deep, [400], "deep");
        expectRefusal(route, await send(route, { body: '{"a":' }), [400], "cut");
        expectRefusal(route, await send(route, { body: '{"__proto__":{"a":1}}' }), [400], "prototype");
        const gzip = { body: "no gzip", headers: { "content-encoding": "gzip" } };
        expectRefusal(route, await send(route, gzip), [400], "no gzip");
        if (route.protocol === "pulumi") return;
        const nul = await send(route, { body: '{"a\\u0000":"b"}' });
        expectRefusal(route, nul, [400], "NUL");
        const form = { body: "a=b", headers: { "content-type": "application/x-www-form-urlencoded" } };
        expectRefusal(route, await send(route, form), [415], "form");
      });
    },
  );

  const withoutBody = product.filter(
    ([, route]) => !route.body && route.bodyKind !== "binary" && route.method !== "get",
  );

  test.each(withoutBody)("%s refuses a body that it does not take", async (_title, route) => {
    await nothingStored(async () =>
      expectRefusal(route, await send(route, { body: { a: 1 } }), [400], "body"),
    );
  });

  test("every object in a body of our API refuses unknown fields", () => {
    const loose = product.flatMap(([name, { body }]) =>
      body ? looseObjects(body).map((place) => `${name} ${place}`) : [],
    );
    expect(loose).toEqual([]);
  });
});

describe("objects", () => {
  const withParams = product.filter(([, { params }]) => params !== undefined);

  test.each(withParams)("%s says 404 for what belongs to another organization", async (_title, route) => {
    const path = fillPath(route, { project: "foreign", stack: "dev" }, foreign.ids);
    await nothingStored(async () => expectRefusal(route, await send(route, { path }), [404], path));
  });

  const wired = guarded.filter(
    ([, { path, protocol }]) => protocol === "pulumi" && path.includes("/:project"),
  );

  test.each(wired)("%s answers for another organization's stack as for none", async (_title, route) => {
    await nothingStored(async () => {
      for (const organization of [foreign.organization, "roost"]) {
        const at = (project: string) => fillPath(route, { organization, project, stack: "dev" }, foreign.ids);
        // A new stack in a project of the same name is our own.
        if (organization === "roost" && at("foreign").endsWith("/foreign") && route.method === "post")
          continue;
        const none = await send(route, { path: at("nothing") });
        expectRefusal(route, none, [404, 400], at("nothing"));
        expectRefusal(route, await send(route, { path: at("foreign") }), [none.status], at("foreign"));
      }
    });
  });

  test.each(withParams)("%s says 404 for what does not exist", async (_title, route) => {
    await nothingStored(async () => expectRefusal(route, await send(route), [404], "missing"));
  });
});

describe("method", () => {
  test.each([...new Set(routes.map(({ path }) => path))])(
    "%s refuses an unknown one and says which are allowed",
    async (path) => {
      const [route] = routes.filter((one) => one.path === path) as [Route];
      for (const method of ["PROPFIND", "TRACE", "OPTIONS"]) {
        const { status, allow } = await request(method, fillPath(route));
        expect([method, status]).toEqual([method, 405]);
        expect(allow).toContain(route.method.toUpperCase());
      }
    },
  );
});

test("nothing of all this was an error of ours", () => {
  const lines = server.log.filter((line) => line.includes('"level":"error"'));
  expect(lines).toEqual([]);
});

/** Says that a body of so many bytes will come, and sends none of it. */
async function announce(route: Route, bytes: number): Promise<number> {
  return (await request(route.method.toUpperCase(), fillPath(route), bytes)).status;
}

async function request(
  method: string,
  path: string,
  contentLength = 0,
): Promise<{ status: number; allow: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${server.adminToken}`,
      "content-type": "application/json",
      "content-length": contentLength,
    };
    const sent = http.request(`${server.url}${path}`, { method, headers, agent: false }, (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, allow: String(response.headers.allow ?? "") });
      sent.destroy();
    });
    sent.on("error", reject);
    if (contentLength === 0) sent.end();
    else sent.flushHeaders();
  });
}

/** One of everything, in another organization. */
async function insertForeign({ db }: TestDatabase, { tokenOf, project }: TestServer) {
  const organization = "others";
  const [organizationId, stackId, deployment, credential] = [
    newId("org"),
    newId("stk"),
    newId("dep"),
    newId("crd"),
  ];
  await db.insertInto("organization").values({ id: organizationId, name: organization }).execute();
  const projectId = await project("foreign", organizationId);
  const { id: token, accountId } = await tokenOf({ organizationId });
  const update = randomUUID();
  const owner = { organization_id: organizationId, project_id: projectId };
  await db.insertInto("stack").values({ id: stackId, project_id: projectId, name: "dev" }).execute();
  await sql`INSERT INTO stack_update (id, stack_id, kind, dry_run, state, requester_id, requester)
    VALUES (${update}, ${stackId}, 'update', false, 'running', ${accountId}, 'x')`.execute(db);
  await sql`INSERT INTO deployment (id, organization_id, project_id, stack_id, operation, state, program, requester_id, requester)
    VALUES (${deployment}, ${organizationId}, ${projectId}, ${stackId}, 'update', 'queued', '{}', ${accountId}, 'x')`.execute(
    db,
  );
  await db
    .insertInto("event_stream")
    .values([deployment, update].map((id) => ({ id, stack_id: stackId, ...owner })))
    .execute();
  await sql`INSERT INTO credential (id, organization_id, name, kind, username, secret)
    VALUES (${credential}, ${organizationId}, 'x', 'git', 'x', '')`.execute(db);
  const [host, group] = [newId("hst"), newId("hgr")];
  await sql`INSERT INTO host (id, organization_id, name, address, port, username, host_key, host_key_trust, host_key_accepted_by)
    VALUES (${host}, ${organizationId}, 'x', 'x', 22, 'x', 'x', 'verified', 'x')`.execute(db);
  await sql`INSERT INTO host_group (id, organization_id, name, selector)
    VALUES (${group}, ${organizationId}, 'x', '{"a":"b"}')`.execute(db);
  const scan = newId("scn");
  await sql`INSERT INTO scan (id, organization_id, host_id, kind, facts, raw_bytes, fact_count, milliseconds, requester)
    VALUES (${scan}, ${organizationId}, ${host}, 'quick', '', 0, 0, 0, 'x')`.execute(db);
  const reset = newId("rst");
  await sql`INSERT INTO host_action (id, organization_id, host_id, host_name, kind, title, request, plan, plan_hash, summary, requester)
    VALUES (${reset}, ${organizationId}, ${host}, 'x', 'reset', 'x', '{}', '', '', '{}', 'x')`.execute(db);
  const [template, session] = [newId("tpl"), newId("ses")];
  await sql`INSERT INTO template (id, organization_id, project_id, name, target, isolation, pool_floor, pool_ceiling, life_seconds, most_per_user)
    VALUES (${template}, ${organizationId}, ${projectId}, 'x', 'process', 'preferred', 0, 0, 60, 1)`.execute(
    db,
  );
  await sql`INSERT INTO template_revision (template_id, revision, workload) VALUES (${template}, 1, '{}')`.execute(
    db,
  );
  await sql`INSERT INTO session (id, organization_id, project_id, template_id, revision, state, owner)
    VALUES (${session}, ${organizationId}, ${projectId}, ${template}, 1, 'active', 'admin')`.execute(db);
  const ids = [token, accountId, deployment, credential, update, host, group, scan, reset, template, session];
  return { organization, ids };
}

/** Stands for every service while the table is only read. */
function placeholder(): unknown {
  return new Proxy(() => {}, {
    get: (_target, name) => (name === Symbol.toPrimitive ? () => "" : placeholder()),
    apply: () => placeholder(),
  });
}
