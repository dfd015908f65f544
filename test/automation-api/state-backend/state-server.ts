import { randomBytes } from "node:crypto";
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
  return { ...server, backend: backend as StateBackend, parts: parts as Parts, masterKey };
}
