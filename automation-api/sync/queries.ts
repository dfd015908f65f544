import { createHash } from "node:crypto";
import { type Db, type Tx, transaction } from "../db/transaction.ts";
import type { StoredObject, Swap } from "./store.ts";

const tagOf = (text: string) => createHash("sha256").update(text).digest("hex");

export async function readObject(db: Db, key: string): Promise<StoredObject | undefined> {
  const row = await db.selectFrom("sync_object").select("text").where("key", "=", key).executeTakeFirst();
  return row && { text: row.text, tag: tagOf(row.text) };
}

/** In one transaction: all of it, or nothing where the object has another tag by now. */
export function swapObject(db: Db, swap: Swap): Promise<boolean> {
  return transaction(db, async (tx) => {
    if (!(await holds(tx, swap))) return false;
    const rows = Object.entries({ ...swap.with, [swap.key]: swap.text }).map(([key, text]) => ({
      key,
      text,
    }));
    await tx
      .insertInto("sync_object")
      .values(rows)
      .onConflict((conflict) =>
        conflict.column("key").doUpdateSet((excluded) => ({ text: excluded.ref("excluded.text") })),
      )
      .execute();
    if (swap.without.length > 0)
      await tx.deleteFrom("sync_object").where("key", "in", swap.without).execute();
    return true;
  });
}

/** Whether the object is as the swap says; from here on nobody else changes it. */
async function holds(tx: Tx, { key, text, tag }: Swap): Promise<boolean> {
  if (tag === null) {
    const added = await tx
      .insertInto("sync_object")
      .values({ key, text })
      .onConflict((conflict) => conflict.doNothing())
      .returning("key")
      .executeTakeFirst();
    return added !== undefined;
  }
  const there = await tx
    .selectFrom("sync_object")
    .select("text")
    .where("key", "=", key)
    .forUpdate()
    .executeTakeFirst();
  return there !== undefined && tagOf(there.text) === tag;
}
