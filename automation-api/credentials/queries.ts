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

/** @param by id of the project or host that it is used for. */
export async function touchCredential(db: Db, id: string, by: string): Promise<void> {
  await db
    .updateTable("credential")
    .set({ last_used_at: sql<Date>`now()`, last_used_by: by })
    .where("id", "=", id)
    .execute();
}

export async function replaceSecret(tx: Tx, id: string, secret: Buffer): Promise<void> {
  await tx
    .updateTable("credential")
    .set({ secret, rotated_at: sql<Date>`now()` })
    .where("id", "=", id)
    .execute();
}

/** Holds the row until the transaction ends, so that none is deleted while a host comes to name it. */
export async function lockCredential(tx: Tx, id: string): Promise<void> {
  await tx.selectFrom("credential").select("id").where("id", "=", id).forUpdate().execute();
}

/** Names of hosts that log in with it, ten at most. */
export async function hostsWith(tx: Tx, id: string): Promise<string[]> {
  const rows = await tx
    .selectFrom("host")
    .select("name")
    .where("credential_id", "=", id)
    .orderBy("name")
    .limit(10)
    .execute();
  return rows.map(({ name }) => name);
}

function selectCredentials(db: Db | Tx) {
  return db
    .selectFrom("credential")
    .leftJoin("project", "project.id", "credential.project_id")
    .selectAll("credential")
    .select("project.name as project_name");
}
