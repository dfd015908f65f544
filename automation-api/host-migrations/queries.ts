import type { Insertable } from "kysely";
import type { Schema } from "../db/schema.ts";
import type { Db, Tx } from "../db/transaction.ts";

export type ArchiveRow = Awaited<ReturnType<typeof listArchives>>[number];

export async function insertArchive(tx: Tx, row: Insertable<Schema["migration_archive"]>): Promise<void> {
  await tx.insertInto("migration_archive").values(row).execute();
}

interface Filter {
  organizationId: string;
  id?: string;
  /** Id that those of the page come before. */
  before?: string;
  limit: number;
}

/** Newest first, without their content. */
export async function listArchives(db: Db | Tx, { organizationId, id, before, limit }: Filter) {
  let query = db
    .selectFrom("migration_archive")
    .select([
      "id",
      "host_id",
      "host_name",
      "made_at",
      "key_id",
      "sha256",
      "size",
      "contains",
      "requester",
      "created_at",
    ])
    .where("organization_id", "=", organizationId)
    .orderBy("id", "desc")
    .limit(limit);
  if (id !== undefined) query = query.where("id", "=", id);
  if (before !== undefined) query = query.where("id", "<", before);
  return query.execute();
}

/** As it was encrypted. */
export async function readArchive(db: Db, organizationId: string, id: string): Promise<Buffer | undefined> {
  const row = await db
    .selectFrom("migration_archive")
    .select("content")
    .where("organization_id", "=", organizationId)
    .where("id", "=", id)
    .executeTakeFirst();
  return row?.content;
}

/** False: there was none. */
export async function deleteArchive(tx: Tx, organizationId: string, id: string): Promise<boolean> {
  const gone = await tx
    .deleteFrom("migration_archive")
    .where("organization_id", "=", organizationId)
    .where("id", "=", id)
    .executeTakeFirst();
  return gone.numDeletedRows === 1n;
}
