import { type Insertable, type Selectable, sql, type Updateable } from "kysely";
import type { Schema } from "../db/schema.ts";
import type { Db, Tx } from "../db/transaction.ts";
import type { Labels } from "./contract.ts";

const uniqueViolation = "23505";

export type HostRow = Selectable<Schema["host"]>;
export type GroupRow = Awaited<ReturnType<typeof listGroups>>[number];

export async function findHost(db: Db | Tx, organizationId: string, id: string) {
  return db
    .selectFrom("host")
    .selectAll()
    .where("organization_id", "=", organizationId)
    .where("id", "=", id)
    .executeTakeFirst();
}

/** The host of this id, else of this name. */
export async function findByReference(db: Db, organizationId: string, reference: string) {
  return db
    .selectFrom("host")
    .selectAll()
    .where("organization_id", "=", organizationId)
    .where((eb) => eb.or([eb("id", "=", reference), eb("name", "=", reference)]))
    .orderBy(sql`id = ${reference}`, "desc")
    .limit(1)
    .executeTakeFirst();
}

/** The host, held until the transaction ends. */
export async function lockHost(tx: Tx, organizationId: string, id: string) {
  return tx
    .selectFrom("host")
    .selectAll()
    .where("organization_id", "=", organizationId)
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
}

/** Hosts whose names these are. */
export async function findByNames(db: Db | Tx, organizationId: string, names: string[]): Promise<HostRow[]> {
  if (names.length === 0) return [];
  return db
    .selectFrom("host")
    .selectAll()
    .where("organization_id", "=", organizationId)
    .where("name", "in", names)
    .execute();
}

/** False when the organization has a host of that name. */
export async function insertHost(tx: Tx, row: Insertable<Schema["host"]>): Promise<boolean> {
  const added = await tx
    .insertInto("host")
    .values(row)
    .onConflict((conflict) => conflict.columns(["organization_id", "name"]).doNothing())
    .executeTakeFirst();
  return added.numInsertedOrUpdatedRows === 1n;
}

/** What a check found of the machine before says nothing of the one that is meant now. */
function moved(values: Updateable<Schema["host"]>) {
  const { address, port, username, sudo, host_key, credential_id, bastion_id } = values;
  const isElsewhere = [address, port, username, sudo, host_key, credential_id, bastion_id].some(
    (value) => value !== undefined,
  );
  return isElsewhere ? { health: null, health_detail: null, checked_at: null } : {};
}

/** Lays `values` over a host that is locked, and raises its version. False when another host has the name. */
export async function updateHost(tx: Tx, id: string, values: Updateable<Schema["host"]>): Promise<boolean> {
  try {
    await tx
      .updateTable("host")
      .set({ ...values, ...moved(values), version: sql<number>`version + 1`, updated_at: sql<Date>`now()` })
      .where("id", "=", id)
      .execute();
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === uniqueViolation) return false;
    throw error;
  }
}

/** Keeps what a check of exactly this version of the host found. False when it was changed or removed meanwhile. */
export async function noteHealth(
  tx: Tx,
  { id, version }: HostRow,
  found: Pick<Updateable<Schema["host"]>, "health" | "health_detail">,
): Promise<boolean> {
  const noted = await tx
    .updateTable("host")
    .set({ ...found, checked_at: sql<Date>`now()` })
    .where("id", "=", id)
    .where("version", "=", version)
    .executeTakeFirst();
  return noted.numUpdatedRows === 1n;
}

export async function deleteHost(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom("host").where("id", "=", id).execute();
}

/** Names of the hosts that are reached through this one, ten at most. */
export async function namesBehind(tx: Tx, id: string): Promise<string[]> {
  const rows = await tx
    .selectFrom("host")
    .select("name")
    .where("bastion_id", "=", id)
    .orderBy("name")
    .limit(10)
    .execute();
  return rows.map(({ name }) => name);
}

export interface HostFilter {
  organizationId: string;
  /** A host must have all of each. */
  selectors: Labels[];
  name?: string;
  credential?: string;
  after?: string;
  limit: number;
}

export async function listHosts(db: Db, filter: HostFilter): Promise<HostRow[]> {
  let query = db.selectFrom("host").selectAll().where("organization_id", "=", filter.organizationId);
  for (const selector of filter.selectors) {
    query = query.where(sql<boolean>`labels @> ${JSON.stringify(selector)}::jsonb`);
  }
  if (filter.name) query = query.where("name", "=", filter.name);
  if (filter.credential) query = query.where("credential_id", "=", filter.credential);
  if (filter.after) query = query.where("name", ">", filter.after);
  return query.orderBy("name").limit(filter.limit).execute();
}

/** False when the organization has a group of that name. */
export async function insertGroup(tx: Tx, row: Insertable<Schema["host_group"]>): Promise<boolean> {
  const added = await tx
    .insertInto("host_group")
    .values(row)
    .onConflict((conflict) => conflict.columns(["organization_id", "name"]).doNothing())
    .executeTakeFirst();
  return added.numInsertedOrUpdatedRows === 1n;
}

export async function listGroups(
  db: Db | Tx,
  filter: { organizationId: string; name?: string; id?: string; after?: string; limit: number },
) {
  let query = db
    .selectFrom("host_group")
    .selectAll("host_group")
    .select((eb) =>
      eb
        .selectFrom("host")
        .whereRef("host.organization_id", "=", "host_group.organization_id")
        .where(sql<boolean>`host.labels @> host_group.selector`)
        .select((inner) => inner.fn.countAll<string>().as("n"))
        .as("hosts"),
    )
    .where("organization_id", "=", filter.organizationId);
  if (filter.name) query = query.where("name", "=", filter.name);
  if (filter.id) query = query.where("id", "=", filter.id);
  if (filter.after) query = query.where("name", ">", filter.after);
  return query.orderBy("name").limit(filter.limit).execute();
}

export async function deleteGroup(tx: Tx, id: string): Promise<boolean> {
  const result = await tx.deleteFrom("host_group").where("id", "=", id).executeTakeFirst();
  return result.numDeletedRows > 0n;
}
