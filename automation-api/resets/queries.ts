import type { Insertable } from "kysely";
import type { Schema } from "../db/schema.ts";
import type { Db, Tx } from "../db/transaction.ts";

export type ResetRow = NonNullable<Awaited<ReturnType<typeof findReset>>>;

export async function insertReset(tx: Tx, row: Insertable<Schema["reset"]>): Promise<void> {
  await tx.insertInto("reset").values(row).execute();
}

/** With the states of its deployments. */
export async function findReset(db: Db | Tx, organizationId: string, id: string) {
  return db
    .selectFrom("reset")
    .leftJoin("deployment as apply", "apply.id", "reset.deployment_id")
    .leftJoin("deployment as undo", "undo.id", "reset.undo_deployment_id")
    .selectAll("reset")
    .select([
      "apply.state as apply_state",
      "apply.error as apply_error",
      "undo.state as undo_state",
      "undo.error as undo_error",
    ])
    .where("reset.organization_id", "=", organizationId)
    .where("reset.id", "=", id)
    .executeTakeFirst();
}

/** False when it has such a deployment already that has not failed: the row's holder is who queues the next. */
export async function noteDeployment(
  db: Db | Tx,
  id: string,
  column: "deployment_id" | "undo_deployment_id",
  { before, after }: { before: string | null; after: string },
): Promise<boolean> {
  const noted = await db
    .updateTable("reset")
    .set({ [column]: after })
    .where("id", "=", id)
    .where(column, before === null ? "is" : "=", before)
    .executeTakeFirst();
  return noted.numUpdatedRows === 1n;
}
