import type { Insertable } from "kysely";
import type { Schema } from "../db/schema.ts";
import type { Tx } from "../db/transaction.ts";

export async function insertRow(tx: Tx, row: Insertable<Schema["audit"]>): Promise<void> {
  await tx.insertInto("audit").values(row).execute();
}
