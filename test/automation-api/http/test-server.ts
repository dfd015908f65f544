import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Writable } from "node:stream";
import { sql } from "kysely";
import type { Permission, Role } from "../../../automation-api/access/permissions.ts";
import { Authenticator, ensureFirstAdmin, Guard, mintToken } from "../../../automation-api/access/service.ts";
import { newId } from "../../../automation-api/db/id.ts";
import { Notices } from "../../../automation-api/db/notify.ts";
import { type AppOptions, createApp } from "../../../automation-api/http/app.ts";
import { createLogger } from "../../../automation-api/http/log.ts";
import type { Route } from "../../../automation-api/http/route.ts";
import { type RunningServer, startServer } from "../../../automation-api/http/server.ts";
import { createTracer } from "../../../automation-api/http/tracing.ts";
import type { Hub } from "../../../automation-api/http/websocket.ts";
import type { SignIns } from "../../../automation-api/sign-in/service.ts";
import { type TestDatabase, testDatabase } from "../../support/database.ts";

/** The real HTTP application over a database of its own, with an organization `roost` and its admin. */
export interface TestServer {
  url: string;
  database: TestDatabase;
  server: RunningServer;
  notices: Notices;
  adminToken: string;
  dataFolder: string;
  organizationId: string;
  /** Every line that the server logged. */
  log: string[];
  /** `get("/api/v1/me")`, with the admin's token unless another (or null: none) is given. */
  call(method: string, path: string, options?: CallOptions): Promise<Reply>;
  /** A token of a new account with these roles. */
  tokenOf(grant: TokenGrant): Promise<{ token: string; id: string; accountId: string }>;
  project(name: string, organizationId?: string): Promise<string>;
  /** Rows per table, but for keys, rates and tickets, which a refused request may touch. */
  countRows(): Promise<Record<string, number>>;
  close(): Promise<void>;
}

export interface CallOptions {
  token?: string | null;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies of every form.
  body: any;
}

export interface TokenGrant {
  roles?: { role: Role; projectId: string | null }[];
  scopes?: Permission[] | null;
  expired?: boolean;
  revoked?: boolean;
  organizationId?: string;
}

export interface TestServerOptions {
  routes: (services: {
    database: TestDatabase;
    dataFolder: string;
    organizationId: string;
  }) => Route[] | Promise<Route[]>;
  hubs?: Hub[];
  /** Lets people of an issuer in. */
  signIns?: (services: {
    db: TestDatabase["db"];
    organization: { id: string; name: string };
  }) => Pick<SignIns, "admit">;
  limits?: AppOptions["limits"];
  settings?: Partial<AppOptions["settings"]>;
  otlpEndpoint?: string;
  onRequest?: AppOptions["services"]["onRequest"];
}

export async function startTestServer(options: TestServerOptions): Promise<TestServer> {
  const database = await testDatabase();
  const { db } = database;
  const dataFolder = await mkdtemp(path.join(tmpdir(), "roost-http-"));
  const first = await ensureFirstAdmin(db, {
    ROOST_ORGANIZATION: "roost",
    ROOST_ADMIN_TOKEN: undefined,
    ROOST_DATA_DIR: dataFolder,
  });
  const notices = new Notices(database);
  notices.start();
  const signIns = options.signIns?.({ db, organization: first.organization });
  const authenticator = new Authenticator(db, notices, signIns && ((token) => signIns.admit(token)));
  const guard = new Guard(authenticator, notices);
  const lines: string[] = [];
  const log = createLogger(
    "debug",
    new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk));
        done();
      },
    }),
  );
  const tracer = createTracer({
    endpoint: options.otlpEndpoint,
    service: "roost",
    version: "0.0.0",
    flushMs: 50,
  });
  const organizationId = first.organization.id;
  const app = createApp({
    routes: await options.routes({ database, dataFolder, organizationId }),
    hubs: options.hubs,
    settings: { ROOST_BEHIND_PROXY: false, ROOST_PUBLIC_URL: undefined, ...options.settings },
    version: "0.0.0",
    services: { db, authenticator, guard, tracer, log, onRequest: options.onRequest },
    limits: { loginFailuresPerMinute: 1_000_000, changesPerMinute: 1_000_000, ...options.limits },
  });
  const server = await startServer(
    app,
    {
      ROOST_HOST: "127.0.0.1",
      ROOST_PORT: 0,
      ROOST_TLS_CERT: undefined,
      ROOST_TLS_KEY: undefined,
      ROOST_TLS_KEY_PASSWORD: undefined,
      ROOST_PUBLIC_URL: undefined,
    },
    log,
  );
  const adminToken = first.token as string;
  return {
    url: server.url,
    database,
    server,
    notices,
    adminToken,
    dataFolder,
    organizationId,
    log: lines,
    call: (method, target, call = {}) => callServer(server.url, adminToken, method, target, call),
    tokenOf: (grant) => insertToken(database, { organizationId, ...grant }),
    project: (name, owner = organizationId) => insertProject(database, name, owner),
    countRows: () => countRows(database),
    async close() {
      await server.close();
      await guard.close();
      authenticator.close();
      await notices.close();
      await tracer.close();
      await database.close();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

async function callServer(
  url: string,
  adminToken: string,
  method: string,
  target: string,
  call: CallOptions,
) {
  const token = call.token === undefined ? adminToken : call.token;
  const json = call.body !== undefined && typeof call.body !== "string" && !Buffer.isBuffer(call.body);
  const reply = await fetch(`${url}${target}`, {
    method,
    redirect: "manual",
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(call.body === undefined ? {} : { "content-type": "application/json" }),
      ...call.headers,
    },
    body: json ? JSON.stringify(call.body) : (call.body as string | undefined),
  });
  const text = await reply.text();
  const isJson = /[/+]json/.test(reply.headers.get("content-type") ?? "");
  return {
    status: reply.status,
    headers: reply.headers,
    text,
    body: isJson && text ? JSON.parse(text) : undefined,
  };
}

async function insertToken({ db }: TestDatabase, grant: TokenGrant & { organizationId: string }) {
  const id = newId("tok");
  const accountId = newId("acc");
  const { token, hash, prefix } = mintToken(id);
  const kind = "person" as const;
  await db
    .insertInto("account")
    .values({
      id: accountId,
      organization_id: grant.organizationId,
      name: accountId.slice(0, 20) + id.slice(-6),
      kind,
    })
    .execute();
  for (const { role, projectId } of grant.roles ?? []) {
    await db
      .insertInto("role_binding")
      .values({ account_id: accountId, role, project_id: projectId })
      .execute();
  }
  await db
    .insertInto("token")
    .values({
      id,
      account_id: accountId,
      name: "test",
      hash,
      prefix,
      scopes: grant.scopes ?? null,
      expires_at: grant.expired ? sql<Date>`now() - interval '1 second'` : null,
      revoked_at: grant.revoked ? sql<Date>`now()` : null,
    })
    .execute();
  return { token, id, accountId };
}

async function insertProject({ db }: TestDatabase, name: string, organizationId: string): Promise<string> {
  const id = newId("prj");
  await db.insertInto("project").values({ id, organization_id: organizationId, name }).execute();
  return id;
}

const uncounted = new Set([
  "idempotency_key",
  "rate_limit",
  "ticket",
  "kysely_migration",
  "kysely_migration_lock",
]);

async function countRows({ db }: TestDatabase): Promise<Record<string, number>> {
  const tables = await sql<{ name: string }>`
    SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename`.execute(db);
  const counted = tables.rows.map(({ name }) => name).filter((name) => !uncounted.has(name));
  const parts = counted.map(
    (name) => sql`SELECT ${name}::text AS name, count(*)::int AS count FROM ${sql.table(name)}`,
  );
  const counts = await sql<{ name: string; count: number }>`${sql.join(parts, sql` UNION ALL `)}`.execute(db);
  return Object.fromEntries(counts.rows.map(({ name, count }) => [name, count]));
}

/** Polls until `condition` holds. @throws after 10 s. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Waited 10 s in vain until ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
