import { readFile, stat } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { sql } from "kysely";
import { accessRoutes } from "../../../automation-api/access/routes.ts";
import { ensureFirstAdmin, hashToken, mintToken } from "../../../automation-api/access/service.ts";
import { newId } from "../../../automation-api/db/id.ts";
import { testDatabase } from "../../support/database.ts";
import { startTestServer, type TestServer, until } from "../http/test-server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ routes: ({ database }) => accessRoutes(database) });
});
afterAll(() => server.close());

describe("first start", () => {
  test("makes one admin token, kept in a file that only its owner reads, however many processes start", async () => {
    const database = await testDatabase();
    const settings = {
      ROOST_ORGANIZATION: "acme",
      ROOST_ADMIN_TOKEN: undefined,
      ROOST_DATA_DIR: server.dataFolder,
    };
    const starts = await Promise.all([1, 2, 3].map(() => ensureFirstAdmin(database.db, settings)));
    const made = starts.filter((start) => start.created);
    expect(made).toHaveLength(1);
    const [first] = made;
    expect((await stat(first?.file as string)).mode & 0o777).toBe(0o600);
    expect((await readFile(first?.file as string, "utf8")).trim()).toBe(first?.token);
    expect(new Set(starts.map((start) => start.organization.id)).size).toBe(1);
    const stored = await database.db.selectFrom("token").selectAll().execute();
    expect(stored.map((row) => row.hash)).toEqual([hashToken(first?.token as string)]);
    expect(JSON.stringify(stored)).not.toContain(first?.token);
    await database.close();
  });

  test("takes a given token, writes no file, and says later when the given one is not known", async () => {
    const database = await testDatabase();
    const settings = {
      ROOST_ORGANIZATION: "acme",
      ROOST_ADMIN_TOKEN: "a given token of 32 characters!!",
      ROOST_DATA_DIR: "/nowhere",
    };
    expect(await ensureFirstAdmin(database.db, settings)).toMatchObject({
      created: true,
      givenTokenUnknown: false,
    });
    expect(await ensureFirstAdmin(database.db, settings)).toMatchObject({
      created: false,
      givenTokenUnknown: false,
    });
    const other = { ...settings, ROOST_ADMIN_TOKEN: "b".repeat(32) };
    expect(await ensureFirstAdmin(database.db, other)).toMatchObject({
      created: false,
      givenTokenUnknown: true,
    });
    await database.close();
  });
});

describe("a token", () => {
  test("is shown once, works, notes its use, and stops at once when it is revoked", async () => {
    const made = await server.call("POST", "/api/v1/tokens", {
      body: { name: "ci", scopes: ["stack:read"], expiresInDays: 1 },
    });
    expect(made.status).toBe(201);
    const { token, id, expiresAt } = made.body;
    expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(86_400_000);
    const me = await server.call("GET", "/api/v1/me", { token });
    expect(me.body).toMatchObject({
      account: { name: "admin" },
      organization: { name: "roost" },
      roles: [{ role: "admin", project: null }],
      permissions: ["stack:read"],
      token: { id, scopes: ["stack:read"] },
      deployment: null,
    });
    const listed = await server.call("GET", "/api/v1/tokens");
    expect(listed.text).not.toContain(token);
    expect(listed.body.items[0]).toMatchObject({ id, lastUsedAt: expect.any(String) });
    expect((await server.call("DELETE", `/api/v1/tokens/${id}`)).status).toBe(204);
    await until(
      async () => (await server.call("GET", "/api/v1/me", { token })).status === 401,
      "the token is refused",
    );
    expect((await server.call("GET", "/api/v1/me", { token })).body.detail).toBe("The token was revoked.");
    expect((await server.call("DELETE", `/api/v1/tokens/${id}`)).status).toBe(204);
  });

  test("leaves an audit row for its creation and one for its end, without itself", async () => {
    const made = await server.call("POST", "/api/v1/tokens", { body: { name: "audited" } });
    await server.call("DELETE", `/api/v1/tokens/${made.body.id}`);
    const rows = await server.database.db
      .selectFrom("audit")
      .selectAll()
      .where("object", "=", made.body.id)
      .orderBy("id")
      .execute();
    expect(rows.map((row) => [row.action, row.actor, row.result])).toEqual([
      ["token.create", "admin", "succeeded"],
      ["token.revoke", "admin", "succeeded"],
    ]);
    expect(rows[0]?.request_id).toBe(made.headers.get("x-request-id"));
    expect(JSON.stringify(rows)).not.toContain(made.body.token);
  });

  test("can make no token that may do more", async () => {
    const { token } = await server.tokenOf({
      roles: [{ role: "admin", projectId: null }],
      scopes: ["stack:read", "account:manage"],
    });
    const wider = await server.call("POST", "/api/v1/tokens", { token, body: { name: "x" } });
    expect(wider.status).toBe(403);
    expect(wider.body.faults[0]).toMatchObject({ field: "scopes", allowed: "stack:read, account:manage" });
    const other = await server.call("POST", "/api/v1/tokens", {
      token,
      body: { name: "x", scopes: ["stack:read", "audit:read"] },
    });
    expect(other.status).toBe(403);
    expect(
      (await server.call("POST", "/api/v1/tokens", { token, body: { name: "x", scopes: ["stack:read"] } }))
        .status,
    ).toBe(201);
  });

  test("of another account is seen and ended only by who manages accounts", async () => {
    const [mine, other] = [await server.tokenOf({}), await server.tokenOf({})];
    expect((await server.call("DELETE", `/api/v1/tokens/${other.id}`, { token: mine.token })).status).toBe(
      404,
    );
    expect(
      (await server.call("GET", `/api/v1/tokens?account=${other.accountId}`, { token: mine.token })).status,
    ).toBe(403);
    expect((await server.call("GET", `/api/v1/tokens?account=${other.accountId}`)).body.items).toHaveLength(
      1,
    );
    expect((await server.call("DELETE", `/api/v1/tokens/${other.id}`)).status).toBe(204);
  });

  test("of another organization does not exist here", async () => {
    const organizationId = newId("org");
    await server.database.db
      .insertInto("organization")
      .values({ id: organizationId, name: newId("org") })
      .execute();
    const foreign = await server.tokenOf({ organizationId });
    expect((await server.call("DELETE", `/api/v1/tokens/${foreign.id}`)).status).toBe(404);
    expect((await server.call("GET", `/api/v1/accounts/${foreign.accountId}`)).status).toBe(404);
    expect((await server.call("GET", `/api/v1/tokens?account=${foreign.accountId}`)).status).toBe(404);
  });

  test("that is listed comes page by page, each once", async () => {
    const { token } = await server.tokenOf({});
    for (let index = 0; index < 4; index++)
      await server.call("POST", "/api/v1/tokens", { token, body: { name: `t${index}` } });
    const seen: string[] = [];
    let cursor = "";
    do {
      const page = await server.call("GET", `/api/v1/tokens?limit=2${cursor && `&cursor=${cursor}`}`, {
        token,
      });
      seen.push(...page.body.items.map((item: { name: string }) => item.name));
      cursor = page.body.nextCursor ?? "";
    } while (cursor);
    expect(seen).toEqual(["t3", "t2", "t1", "t0", "test"]);
    const bad = await server.call("GET", "/api/v1/tokens?cursor=abcd", { token });
    expect([bad.status, bad.body.faults[0].field]).toEqual([400, "query.cursor"]);
  });
});

describe("an account", () => {
  test("gets roles by project, loses them, and cannot give itself more", async () => {
    const projectId = await server.project("web");
    await server.project("other");
    const made = await server.call("POST", "/api/v1/accounts", {
      body: { name: "deployer", kind: "service", roles: [{ role: "admin", project: "web" }] },
    });
    expect(made).toMatchObject({ status: 201, body: { roles: [{ role: "admin", project: "web" }] } });
    const { id } = made.body;
    expect(made.headers.get("location")).toBe(`/api/v1/accounts/${id}`);
    const { token } = (await server.call("POST", "/api/v1/tokens", { body: { name: "d", account: id } }))
      .body;
    const roles = (list: object[]) =>
      server.call("PUT", `/api/v1/accounts/${id}/roles`, { token, body: { roles: list } });
    const own = { role: "admin", project: "web" };
    expect((await roles([own, { role: "admin" }])).status).toBe(403);
    expect((await roles([own, { role: "viewer", project: "other" }])).status).toBe(403);
    expect((await roles([{ role: "viewer", project: "web" }])).status).toBe(200);
    // At once, and not when the notice of it has come: else it would have given itself the role again.
    expect((await roles([own])).status).toBe(403);
    const bindings = await server.database.db
      .selectFrom("role_binding")
      .selectAll()
      .where("account_id", "=", id)
      .execute();
    expect(bindings).toEqual([{ account_id: id, project_id: projectId, role: "viewer" }]);
  });

  test("with an unknown project, a role twice in one place, or a taken name is refused", async () => {
    const create = (body: object) =>
      server.call("POST", "/api/v1/accounts", { body: { kind: "person", ...body } });
    const unknown = await create({ name: "p1", roles: [{ role: "viewer", project: "nothing" }] });
    expect([unknown.status, unknown.body.faults[0].field]).toEqual([400, "roles[0].project"]);
    const twice = await create({ name: "p1", roles: [{ role: "viewer" }, { role: "admin" }] });
    expect([twice.status, twice.body.faults[0].field]).toEqual([400, "roles[1]"]);
    expect((await create({ name: "admin" })).status).toBe(409);
  });

  test("that somebody else has changed meanwhile keeps its roles when If-Match says what was read", async () => {
    const { accountId } = await server.tokenOf({ roles: [{ role: "viewer", projectId: null }] });
    const path = `/api/v1/accounts/${accountId}`;
    const etag = (await server.call("GET", path)).headers.get("etag") as string;
    const put = (role: string) =>
      server.call("PUT", `${path}/roles`, { body: { roles: [{ role }] }, headers: { "if-match": etag } });
    expect((await put("operator")).status).toBe(200);
    expect((await put("admin")).status).toBe(412);
    expect((await server.call("GET", path)).body.roles).toEqual([{ role: "operator", project: null }]);
  });

  test("is listed with only the roles in projects that the asker manages", async () => {
    const projectId = await server.project("team");
    const { token } = await server.tokenOf({ roles: [{ role: "admin", projectId }] });
    const { body } = await server.call("GET", "/api/v1/accounts?limit=200", { token });
    const admin = body.items.find((item: { name: string }) => item.name === "admin");
    expect(admin.roles).toEqual([]);
  });

  test("that is the last admin can neither be disabled nor lose its role", async () => {
    const { body } = await server.call("GET", "/api/v1/me");
    const { id } = body.account;
    const others = sql`UPDATE account SET disabled_at = now() WHERE id <> ${id} AND organization_id = ${server.organizationId}`;
    await others.execute(server.database.db);
    expect((await server.call("POST", `/api/v1/accounts/${id}/disable`)).status).toBe(409);
    expect((await server.call("PUT", `/api/v1/accounts/${id}/roles`, { body: { roles: [] } })).status).toBe(
      409,
    );
    expect((await server.call("GET", "/api/v1/me")).status).toBe(200);
  });

  test("that is disabled is refused with all of its tokens until it is enabled", async () => {
    const { token, accountId } = await server.tokenOf({ roles: [{ role: "viewer", projectId: null }] });
    expect((await server.call("GET", "/api/v1/me", { token })).status).toBe(200);
    const disabled = await server.call("POST", `/api/v1/accounts/${accountId}/disable`);
    expect(disabled.body.disabledAt).not.toBeNull();
    await until(
      async () => (await server.call("GET", "/api/v1/me", { token })).status === 401,
      "the account is refused",
    );
    await server.call("POST", `/api/v1/accounts/${accountId}/enable`);
    await until(
      async () => (await server.call("GET", "/api/v1/me", { token })).status === 200,
      "the account is let in",
    );
  });
});

test("an engine's token is its deployment's, only while that runs, and makes no tokens or tickets", async () => {
  const { db } = server.database;
  const { accountId } = await server.tokenOf({ roles: [{ role: "operator", projectId: null }] });
  const projectId = await server.project("engine");
  const [stackId, id] = [newId("stk"), newId("dep")];
  const { token, hash } = mintToken(id);
  await db.insertInto("stack").values({ id: stackId, project_id: projectId, name: "dev" }).execute();
  await sql`INSERT INTO deployment (id, organization_id, project_id, stack_id, operation, state, program, requester_id, requester, token_hash, epoch)
    VALUES (${id}, ${server.organizationId}, ${projectId}, ${stackId}, 'update', 'running', '{}', ${accountId}, 'x', ${hash}, 3)`.execute(
    db,
  );
  const me = await server.call("GET", "/api/v1/me", { token });
  expect(me.body).toMatchObject({
    account: { id: accountId },
    deployment: id,
    token: null,
    permissions: expect.not.arrayContaining(["state:write"]),
  });
  const refused = [
    await server.call("POST", "/api/v1/tokens", { token, body: { name: "x" } }),
    await server.call("POST", "/api/v1/tickets", { token }),
    await server.call("GET", "/api/v1/accounts", { token }),
    await server.call("POST", "/api/v1/accounts", { token, body: { name: "evil", kind: "person" } }),
  ];
  expect(refused.map((reply) => reply.status)).toEqual([403, 403, 403, 403]);
  await db.updateTable("deployment").set({ state: "failed" }).where("id", "=", id).execute();
  expect((await server.call("GET", "/api/v1/me", { token })).status).toBe(401);
});
