import type { Db, Tx } from "../db/transaction.ts";
import type { EnvironmentPolicies } from "./contract.ts";

export type EnvironmentRow = NonNullable<Awaited<ReturnType<typeof findEnvironment>>>;

export async function listEnvironments(
  db: Db,
  filter: { organizationId: string; after?: string; limit: number },
) {
  let query = db.selectFrom("environment").selectAll().where("organization_id", "=", filter.organizationId);
  if (filter.after) query = query.where("name", ">", filter.after);
  return query.orderBy("name").limit(filter.limit).execute();
}

export async function findEnvironment(db: Db | Tx, organizationId: string, name: string) {
  return db
    .selectFrom("environment")
    .selectAll()
    .where("organization_id", "=", organizationId)
    .where("name", "=", name)
    .executeTakeFirst();
}

/** @returns undefined where there is one of that name */
export async function insertEnvironment(
  tx: Tx,
  row: { id: string; organization_id: string; name: string; stacks: string[] },
): Promise<EnvironmentRow | undefined> {
  return tx
    .insertInto("environment")
    .values({ ...row, policies: null })
    .onConflict((conflict) => conflict.columns(["organization_id", "name"]).doNothing())
    .returningAll()
    .executeTakeFirst();
}

export async function setStacks(tx: Tx, id: string, stacks: string[]): Promise<void> {
  await tx.updateTable("environment").set({ stacks }).where("id", "=", id).execute();
}

export async function setPolicies(tx: Tx, id: string, policies: EnvironmentPolicies | null): Promise<void> {
  await tx
    .updateTable("environment")
    .set({ policies: policies && JSON.stringify(policies) })
    .where("id", "=", id)
    .execute();
}

export async function deleteEnvironment(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom("environment").where("id", "=", id).execute();
}
