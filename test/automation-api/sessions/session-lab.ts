import { randomBytes } from "node:crypto";
import { sql } from "kysely";
import type { AccountPrincipal, SystemPrincipal } from "../../../automation-api/access/permissions.ts";
import { ensureFirstAdmin, systemPrincipal } from "../../../automation-api/access/service.ts";
import { newId } from "../../../automation-api/db/id.ts";
import { type Database, openDatabase } from "../../../automation-api/db/pool.ts";
import { newSession } from "../../../automation-api/sessions/contract.ts";
import { Sessions } from "../../../automation-api/sessions/service.ts";
import { createStackCipher } from "../../../automation-api/state-backend/service.ts";
import { newTemplate, type Template } from "../../../automation-api/templates/contract.ts";
import { type TargetAbilities, Templates } from "../../../automation-api/templates/service.ts";
import { type TestDatabase, testDatabase } from "../../support/database.ts";

export const cipher = createStackCipher([randomBytes(32)]);

export const abilities: TargetAbilities = {
  process: { isolates: false },
  docker: { missing: "there is no docker here", isolates: true },
  ecs: { isolates: true },
};

const view = {
  proxyUrl: "http://*.localhost:8001",
  isolates: (target: keyof TargetAbilities) => abilities[target].isolates,
  launchLimit: () => null,
};

/** The ledger on a real database, with nothing behind it: a test says itself what becomes ready. */
export interface SessionLab {
  database: TestDatabase;
  templates: Templates;
  sessions: Sessions;
  admin: AccountPrincipal;
  system: SystemPrincipal;
  /** The same ledger as another replica of the server sees it, with a pool of its own. */
  replica(connections: number): { sessions: Sessions; close(): Promise<void> };
  template(name: string, fields?: Record<string, unknown>): Promise<Template>;
  /** Members of a template's pool that are ready. */
  fill(template: Template, count: number): Promise<string[]>;
  create(user: string, template: string, fields?: Record<string, unknown>): ReturnType<Sessions["create"]>;
  close(): Promise<void>;
}

export async function openSessionLab(): Promise<SessionLab> {
  const database = await testDatabase();
  const { db } = database;
  const { organization } = await ensureFirstAdmin(db, {
    ROOST_ORGANIZATION: "roost",
    ROOST_ADMIN_TOKEN: "a token of this test that is long enough",
    ROOST_DATA_DIR: "/nonexistent",
  });
  const system = await systemPrincipal(db, organization);
  const { id: accountId } = await db
    .selectFrom("account")
    .select("id")
    .where("name", "=", "admin")
    .executeTakeFirstOrThrow();
  const admin: AccountPrincipal = {
    ...system,
    kind: "account",
    accountId,
    name: "admin",
    tokenId: "",
    scopes: null,
    bindings: [{ role: "admin", projectId: null }],
  };
  const sessionsOn = ({ db: own }: Pick<Database, "db">) => new Sessions({ db: own, cipher, view });
  const templates = new Templates({ db, cipher, abilities, images: ["registry.example.com/"] });
  const sessions = sessionsOn(database);
  return {
    database,
    templates,
    sessions,
    admin,
    system,
    replica(connections) {
      const own = openDatabase(database.connection, connections);
      return { sessions: sessionsOn(own), close: own.close };
    },
    template: (name, fields = {}) =>
      templates.create(
        admin,
        newTemplate.parse({ name, project: name, workload: { command: ["sleep", "1"] }, ...fields }),
      ),
    async fill(template, count) {
      const ids = Array.from({ length: count }, () => newId("ses"));
      await sql`
        INSERT INTO session (id, organization_id, project_id, template_id, revision, state, address, port, place, ready_at)
        SELECT ids.id, t.organization_id, t.project_id, t.id, t.revision, 'warm', '127.1.1.1', 8080, 'test', clock_timestamp()
        FROM template t, unnest(${ids}::text[]) AS ids(id) WHERE t.id = ${template.id}`.execute(db);
      return ids;
    },
    create: (user, template, fields = {}) =>
      sessions.create(admin, newSession.parse({ template, user, ...fields })),
    close: () => database.close(),
  };
}
