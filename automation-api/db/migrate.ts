import { sql } from "kysely";
import { Migrator } from "kysely/migration";
import { RoostError } from "../errors.ts";
import * as access from "./migrations/0001-access.ts";
import * as audit from "./migrations/0002-audit.ts";
import * as state from "./migrations/0003-state.ts";
import * as deployments from "./migrations/0004-deployments.ts";
import * as hosts from "./migrations/0005-hosts.ts";
import * as scans from "./migrations/0006-scans.ts";
import * as projectPolicies from "./migrations/0007-project-policies.ts";
import * as sessions from "./migrations/0008-sessions.ts";
import * as resets from "./migrations/0009-resets.ts";
import * as hostActions from "./migrations/0010-host-actions.ts";
import * as fullScans from "./migrations/0011-full-scans.ts";
import * as sessionBatches from "./migrations/0012-session-batches.ts";
import * as packsAndCost from "./migrations/0013-packs-and-cost.ts";
import * as sync from "./migrations/0014-sync.ts";
import * as signIn from "./migrations/0015-sign-in.ts";
import * as environments from "./migrations/0016-environments.ts";
import * as launchLead from "./migrations/0018-launch-lead.ts";
import * as samples from "./migrations/0019-samples.ts";
import * as newHostKeys from "./migrations/0020-new-host-keys.ts";
import * as migrationArchives from "./migrations/0021-migration-archives.ts";
import * as sessionIsolation from "./migrations/0022-session-isolation.ts";
import * as unloggedLimits from "./migrations/0023-unlogged-limits.ts";
import * as aliases from "./migrations/0024-aliases.ts";
import * as hostSudo from "./migrations/0025-host-sudo.ts";
import type { Db } from "./transaction.ts";

/** In order; a migration that has landed in a release is never changed. */
const migrations = {
  "0001-access": access,
  "0002-audit": audit,
  "0003-state": state,
  "0004-deployments": deployments,
  "0005-hosts": hosts,
  "0006-scans": scans,
  "0007-project-policies": projectPolicies,
  "0008-sessions": sessions,
  "0009-resets": resets,
  "0010-host-actions": hostActions,
  "0011-full-scans": fullScans,
  "0012-session-batches": sessionBatches,
  "0013-packs-and-cost": packsAndCost,
  "0014-sync": sync,
  "0015-sign-in": signIn,
  "0018-launch-lead": launchLead,
  "0019-samples": samples,
  "0020-new-host-keys": newHostKeys,
  "0021-migration-archives": migrationArchives,
  "0022-session-isolation": sessionIsolation,
  "0023-unlogged-limits": unloggedLimits,
  "0024-aliases": aliases,
  "0025-host-sudo": hostSudo,
  "0016-environments": environments,
};

export const migrationNames: readonly string[] = Object.keys(migrations);

/**
 * Brings the schema up to this release, or to the migration `upTo`; several processes at once are safe
 * (one migrates, the others wait).
 * @throws unavailable when the database was made by a newer release.
 */
export async function migrate(db: Db, upTo?: string): Promise<void> {
  await checkSchema(db);
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await (upTo ? migrator.migrateTo(upTo) : migrator.migrateToLatest());
  if (error) throw error;
}

/** @throws unavailable when a newer release has changed the schema, also while this one runs. */
export async function checkSchema(db: Db): Promise<void> {
  const table = await sql<{
    name: string | null;
  }>`SELECT to_regclass('kysely_migration')::text AS name`.execute(db);
  if (!table.rows[0]?.name) return;
  const applied = await sql<{ name: string }>`SELECT name FROM kysely_migration`.execute(db);
  const unknown = applied.rows.map((row) => row.name).filter((name) => !(name in migrations));
  if (unknown.length > 0) {
    throw new RoostError(
      "unavailable",
      `The database was written by a newer Roost (it has ${unknown.join(", ")}). Start that release, or restore a backup.`,
    );
  }
}
