import { systemPrincipal } from "../../access/service.ts";
import type { Settings } from "../../config.ts";
import { findEmbedded } from "../../db/embedded.ts";
import { migrationNames } from "../../db/migrate.ts";
import { type Connection, type Database, openDatabase } from "../../db/pool.ts";
import { messageOf } from "../../errors.ts";
import { describeSystem } from "../../system/service.ts";
import { formatBytes } from "../duration.ts";
import { type Finding, fault, ok, warning } from "./finding.ts";
import { type Installation, readInstallation } from "./queries.ts";
import type { Toolchain } from "./toolchain.ts";

const oldestVersion = 140_000;

/** The database, and what the server in it says about disks and workers. Nothing is started. */
export async function checkDatabase(settings: Settings, found: Toolchain["database"]): Promise<Finding[]> {
  const place = await locate(settings, found);
  if ("finding" in place) return [place.finding];
  const database = openDatabase(place.connection, 1);
  try {
    const installation = await readInstallation(database.db);
    const first = judge(place.where, installation);
    if (first.state === "fault" || !installation.organization) return [first];
    return [first, ...(await checkContents(database, settings, installation.organization))];
  } catch (error) {
    const next = settings.DATABASE_URL
      ? "check DATABASE_URL, and that the server lets this machine in"
      : "look into its log: postgres.log beside the data";
    return [fault("database", place.where, `it cannot be asked: ${messageOf(error)}`, next)];
  } finally {
    await database.close();
  }
}

async function locate(
  settings: Settings,
  found: Toolchain["database"],
): Promise<{ where: string; connection: Connection } | { finding: Finding }> {
  if (settings.DATABASE_URL) {
    return {
      where: withoutPassword(settings.DATABASE_URL),
      connection: { connectionString: settings.DATABASE_URL },
    };
  }
  const running = await findEmbedded(settings.ROOST_DATA_DIR);
  if (running) {
    const where = `embedded in ${running.folder}, process ${running.processId}`;
    return { where, connection: running.connection };
  }
  if (!found.found) return { finding: fault("database", "none", found.reason, ...found.next) };
  const text = `embedded PostgreSQL ${found.version} at ${found.path}: does not run now, it starts with the server`;
  return { finding: ok("database", text) };
}

/** Pure: what the versions of server and schema mean. */
export function judge(where: string, { version, versionNumber, migrations }: Installation): Finding {
  const name = "database";
  const found = `PostgreSQL ${version}, ${where}`;
  if (versionNumber < oldestVersion) {
    return fault(
      name,
      found,
      "PostgreSQL 14 or newer is needed",
      "upgrade it, or leave DATABASE_URL out for the embedded one",
    );
  }
  if (migrations.length === 0) return ok(name, `${found}; empty, the first start makes its tables`);
  const newer = migrations.filter((each) => !migrationNames.includes(each));
  if (newer.length > 0) {
    return fault(
      name,
      found,
      `it was written by a newer Roost (${newer.join(", ")})`,
      "start that release, or restore a backup into an empty database",
    );
  }
  const missing = migrationNames.filter((each) => !migrations.includes(each));
  if (missing.length === 0) return ok(name, `${found}; schema ${migrations.at(-1)}`);
  return warning(
    name,
    found,
    `its schema is older than this release (${missing.join(", ")} missing)`,
    "the next start brings it up; take a backup before",
  );
}

async function checkContents(
  { db }: Database,
  settings: Settings,
  organization: { id: string; name: string },
): Promise<Finding[]> {
  const system = await describeSystem(
    {
      db,
      version: "",
      startedAt: new Date(),
      dataFolder: settings.ROOST_DATA_DIR,
      embeddedDatabase: settings.DATABASE_URL === undefined,
      deathMs: settings.ROOST_DEATH_MS,
      engineVersion: () => null,
      checks: {},
    },
    await systemPrincipal(db, organization),
  );
  const { workers = [], stacks = [], disk } = system;
  const alive = workers.filter((worker) => worker.alive);
  const largest = stacks
    .slice(0, 5)
    .map(({ project, stack, bytes }) => `${project}/${stack} ${formatBytes(bytes)}`);
  const queued = system.deployments.queued ?? 0;
  return [
    ok(
      "disk use",
      `database ${formatBytes(disk?.databaseBytes ?? 0)}; states: ${largest.join(", ") || "none yet"}`,
    ),
    queued > 0 && alive.length === 0
      ? warning(
          "workers",
          `none, ${queued} deployments wait`,
          "nothing runs deployments now",
          "start the server with ROOST_WORKERS above 0, or `roost worker`",
        )
      : ok(
          "workers",
          alive.length === 0
            ? "none now"
            : `${alive.length}, with ${alive.reduce((sum, { slots }) => sum + slots, 0)} slots`,
        ),
  ];
}

/** Also without what else a URL may hide a password in. */
export function withoutPassword(address: string): string {
  const url = URL.parse(address);
  if (!url) return "DATABASE_URL";
  const host = url.host || url.searchParams.get("host") || "the default socket";
  return `${url.protocol}//${url.username ? `${url.username}@` : ""}${host}${url.pathname}`;
}
