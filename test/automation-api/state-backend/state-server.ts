import { randomBytes } from "node:crypto";
import { Authenticator, Guard } from "../../../automation-api/access/service.ts";
import { Notices } from "../../../automation-api/db/notify.ts";
import { openDatabase } from "../../../automation-api/db/pool.ts";
import { createApp } from "../../../automation-api/http/app.ts";
import { createLogger } from "../../../automation-api/http/log.ts";
import { startServer } from "../../../automation-api/http/server.ts";
import { createTracer } from "../../../automation-api/http/tracing.ts";
import { stateBackendRoutes } from "../../../automation-api/state-backend/routes.ts";
import {
  createPostgresStore,
  createStackCipher,
  createStateBackend,
  type Parts,
  type StateBackend,
} from "../../../automation-api/state-backend/service.ts";
import { startTestServer, type TestServer } from "../http/test-server.ts";

export interface StateServer extends TestServer {
  backend: StateBackend;
  parts: Parts;
  masterKey: Buffer;
  /** Another server process's worth of the same backend over the same database, on its own port or the given one. */
  replica(options?: { host?: string; port?: number; parts?: Partial<Parts> }): Promise<Replica>;
}

export interface Replica {
  url: string;
  port: number;
  adminToken: string;
  backend: StateBackend;
  close(): Promise<void>;
}

/** The state backend behind the real HTTP application, over a database of its own. */
export async function startStateServer(given: Partial<Parts> = {}): Promise<StateServer> {
  const masterKey = randomBytes(32);
  let parts: Parts | undefined;
  let backend: StateBackend | undefined;
  const server = await startTestServer({
    routes: ({ database }) => {
      parts = {
        store: createPostgresStore(database.db),
        cipher: createStackCipher([masterKey]),
        leaseSeconds: 300,
        ...given,
      };
      backend = createStateBackend(parts);
      return stateBackendRoutes(backend);
    },
  });
  const made = { ...server, backend: backend as StateBackend, parts: parts as Parts, masterKey };
  return { ...made, replica: (options = {}) => startReplica(made, options) };
}

async function startReplica(
  first: Omit<StateServer, "replica">,
  { host = "127.0.0.1", port = 0, parts = {} }: { host?: string; port?: number; parts?: Partial<Parts> },
): Promise<Replica> {
  const database = openDatabase(first.database.connection, 5);
  const backend = createStateBackend({ ...first.parts, store: createPostgresStore(database.db), ...parts });
  const notices = new Notices(database);
  notices.start();
  const authenticator = new Authenticator(database.db, notices);
  const guard = new Guard(authenticator, notices);
  const tracer = createTracer({ endpoint: undefined, service: "roost", version: "0.0.0", flushMs: 50 });
  const log = createLogger("silent");
  const app = createApp({
    routes: stateBackendRoutes(backend),
    settings: { ROOST_BEHIND_PROXY: false, ROOST_PUBLIC_URL: undefined },
    version: "0.0.0",
    services: { db: database.db, authenticator, guard, tracer, log },
  });
  const none = undefined;
  const tls = {
    ROOST_TLS_CERT: none,
    ROOST_TLS_KEY: none,
    ROOST_TLS_KEY_PASSWORD: none,
    ROOST_PUBLIC_URL: none,
  };
  const server = await startServer(app, { ...tls, ROOST_HOST: host, ROOST_PORT: port }, log);
  return {
    url: server.url,
    port: server.port,
    adminToken: first.adminToken,
    backend,
    async close() {
      await server.close();
      await guard.close();
      authenticator.close();
      await notices.close();
      await tracer.close();
      await database.close();
    },
  };
}
