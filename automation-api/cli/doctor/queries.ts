import { sql } from "kysely";
import type { Db } from "../../db/transaction.ts";

export interface Installation {
  version: string;
  /** Setting `server_version_num`, such as 180004. */
  versionNumber: number;
  /** Names of its migrations; none in an empty database. */
  migrations: string[];
  organization: { id: string; name: string } | undefined;
}

export async function readInstallation(db: Db): Promise<Installation> {
  const found = await sql<{ version: string; number: number; table: string | null }>`
    SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
           to_regclass('kysely_migration')::text AS table`.execute(db);
  const { version = "", number = 0, table = null } = found.rows[0] ?? {};
  if (!table) return { version, versionNumber: number, migrations: [], organization: undefined };
  const { rows } = await sql<{ name: string }>`SELECT name FROM kysely_migration ORDER BY name`.execute(db);
  const organization = await db
    .selectFrom("organization")
    .select(["id", "name"])
    .orderBy("created_at")
    .executeTakeFirst();
  return { version, versionNumber: number, migrations: rows.map(({ name }) => name), organization };
}
