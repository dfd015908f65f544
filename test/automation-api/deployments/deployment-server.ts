import { randomBytes } from "node:crypto";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { readSettings } from "../../../automation-api/config.ts";
import { Costs, pricesOf } from "../../../automation-api/costs/service.ts";
import { credentialRoutes } from "../../../automation-api/credentials/routes.ts";
import { Credentials } from "../../../automation-api/credentials/service.ts";
import { Notices } from "../../../automation-api/db/notify.ts";
import { hubQuery } from "../../../automation-api/deployments/contract.ts";
import { taskHub } from "../../../automation-api/deployments/hub.ts";
import { deploymentRoutes } from "../../../automation-api/deployments/routes.ts";
import { Deployments } from "../../../automation-api/deployments/service.ts";
import { environmentRoutes } from "../../../automation-api/environments/routes.ts";
import { Environments } from "../../../automation-api/environments/service.ts";
import { EventFeed } from "../../../automation-api/events/service.ts";
import { parseAllowRules } from "../../../automation-api/git/index.ts";
import type { Hub } from "../../../automation-api/http/websocket.ts";
import { programRoutes } from "../../../automation-api/programs/routes.ts";
import { Programs } from "../../../automation-api/programs/service.ts";
import { projectRoutes } from "../../../automation-api/projects/routes.ts";
import { ProjectPolicies, Projects } from "../../../automation-api/projects/service.ts";
import { QueueService } from "../../../automation-api/queue/service.ts";
import { signInRoutes } from "../../../automation-api/sign-in/routes.ts";
import { SignIns } from "../../../automation-api/sign-in/service.ts";
import {
  createPostgresStore,
  createStackCipher,
  createStateBackend,
  type StackCipher,
  type StateBackend,
} from "../../../automation-api/state-backend/service.ts";
import { builtins, checkConfig } from "../../../stacks/index.ts";
import { startTestServer, type TestServer } from "../http/test-server.ts";

/** The real application with every route around deployments, over a database of its own. */
export interface DeploymentServer extends TestServer {
  cipher: StackCipher;
  state: StateBackend;
  deployments: Deployments;
  programs: Programs;
  credentials: Credentials;
  queue: QueueService;
  feed: EventFeed;
  /** The one root for folder programs. */
  programRoot: string;
  /** Posts a deployment of `hello`, with these fields laid over. */
  deploy(fields?: Record<string, unknown>, token?: string): ReturnType<TestServer["call"]>;
}

export async function startDeploymentServer(outbound: string[] = ["127.0.0.1"]): Promise<DeploymentServer> {
  const programRoot = await realpath(await mkdtemp(path.join(tmpdir(), "programs-")));
  const cipher = createStackCipher([randomBytes(32)]);
  let parts: Omit<DeploymentServer, keyof TestServer | "deploy"> | undefined;
  let notices: Notices | undefined;
  let hub: Hub | undefined;
  const server = await startTestServer({
    // The feed is there only once the routes are made.
    hubs: [
      {
        path: "/hubs/tasks",
        access: "stack:read",
        query: hubQuery,
        open: (request) => (hub as Hub).open(request),
      },
    ],
    routes({ database, organizationId }) {
      const { db } = database;
      notices = new Notices(database);
      notices.start();
      const credentials = new Credentials(db, cipher);
      const programs = new Programs(db, credentials, {
        builtins: Object.keys(builtins),
        roots: [programRoot],
        outbound: parseAllowRules(outbound),
      });
      const known = { has: (name: string) => Object.hasOwn(builtins, name), checkConfig };
      const state = createStateBackend({
        store: createPostgresStore(db),
        cipher,
        leaseSeconds: 300,
        cancelDeployment: async () => undefined,
      });
      const costs = new Costs(state, pricesOf(undefined, ""));
      const deployments = new Deployments({ db, programs, cipher, builtins: known, costs });
      const feed = new EventFeed(db, notices);
      const queue = new QueueService({ db, state });
      hub = taskHub({ db, feed });
      parts = { cipher, state, deployments, programs, credentials, queue, feed, programRoot };
      const organization = { id: organizationId, name: "roost" };
      const signIns = new SignIns({ db, cipher, organization, settings: readSettings("/nowhere", {}) });
      return [
        ...signInRoutes(signIns, undefined),
        ...deploymentRoutes({ db, deployments, feed }),
        ...projectRoutes({
          db,
          projects: new Projects(db, state),
          policies: new ProjectPolicies(db, programs),
          feed,
        }),
        ...environmentRoutes(new Environments(db)),
        ...programRoutes(programs),
        ...credentialRoutes(credentials),
      ];
    },
  });
  const made = parts as NonNullable<typeof parts>;
  const body = { project: "web", stack: "dev", operation: "update", program: { builtin: "hello" } };
  return {
    ...server,
    ...made,
    deploy: (fields = {}, token) =>
      server.call("POST", "/api/v1/deployments", { body: { ...body, ...fields }, ...(token && { token }) }),
    async close() {
      made.feed.close();
      await notices?.close();
      await server.close();
      await rm(programRoot, { recursive: true, force: true });
    },
  };
}
