import type { Insertable } from "kysely";
import { sql } from "kysely";
import type { Schema } from "../db/schema.ts";
import type { Db, Tx } from "../db/transaction.ts";

export type CredentialRow = NonNullable<Awaited<ReturnType<typeof findCredential>>>;

export async function insertCredential(tx: Tx, row: Insertable<Schema["credential"]>): Promise<void> {
  await tx.insertInto("credential").values(row).execute();
}

/** Credentials of an organization; `projects` null: all of them, else those of these projects. */
export async function listCredentials(
  db: Db,
  filter: { organizationId: string; projects: string[] | null; after?: string; limit: number },
) {
  let query = selectCredentials(db).where("credential.organization_id", "=", filter.organizationId);
  if (filter.projects) query = query.where("credential.project_id", "in", [...filter.projects, ""]);
  if (filter.after) query = query.where("credential.id", ">", filter.after);
  return query.orderBy("credential.id").limit(filter.limit).execute();
}

export async function findCredential(db: Db | Tx, organizationId: string, id: string) {
  return selectCredentials(db)
    .where("credential.organization_id", "=", organizationId)
    .where("credential.id", "=", id)
    .executeTakeFirst();
}

export async function deleteCredential(tx: Tx, id: string): Promise<boolean> {
  const result = await tx.deleteFrom("credential").where("id", "=", id).executeTakeFirst();
  return result.numDeletedRows > 0n;
}

export async function touchCredential(db: Db, id: string): Promise<void> {
  await db.updateTable("credential").set({ last_used_at: sql<Date>`now()` }).where("id", "=", id).execute();
}

function selectCredentials(db: Db | Tx) {
  return db
    .selectFrom("credential")
    .leftJoin("project", "project.id", "credential.project_id")
    .selectAll("credential")
    .select("project.name as project_name");
}
