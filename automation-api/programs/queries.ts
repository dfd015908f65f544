import { type Insertable, sql } from "kysely";
import type { Schema } from "../db/schema.ts";
import type { Db, Tx } from "../db/transaction.ts";

export async function insertArchive(tx: Tx, row: Insertable<Schema["program_archive"]>): Promise<Date> {
  const added = await tx
    .insertInto("program_archive")
    .values(row)
    .returning("created_at")
    .executeTakeFirstOrThrow();
  return added.created_at;
}

/** Who uploaded an archive of the organization. */
export async function findArchive(tx: Db | Tx, organizationId: string, id: string) {
  return tx
    .selectFrom("program_archive")
    .select(["id", "account_id"])
    .where("organization_id", "=", organizationId)
    .where("id", "=", id)
    .executeTakeFirst();
}

/** Whether a deployment of the project has used the archive, or it is a policy pack of it. */
export async function isUsedIn(tx: Db | Tx, projectId: string, id: string): Promise<boolean> {
  const pack = await sql`
    SELECT 1 FROM project p, jsonb_array_elements(p.policies->'packs') pack
    WHERE p.id = ${projectId} AND pack->'source'->>'archive' = ${id}`.execute(tx);
  if (pack.rows.length > 0) return true;
  const row = await tx
    .selectFrom("deployment")
    .select("id")
    .where("project_id", "=", projectId)
    .where(sql<boolean>`program ->> 'archive' = ${id}`)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

export async function readArchive(db: Db, organizationId: string, id: string): Promise<Buffer | undefined> {
  const row = await db
    .selectFrom("program_archive")
    .select("bytes")
    .where("organization_id", "=", organizationId)
    .where("id", "=", id)
    .executeTakeFirst();
  return row?.bytes;
}
