import { createHash } from "node:crypto";
import { type Db, transaction } from "../db/transaction.ts";
import type { StoredObject, Swap } from "./store.ts";

const tagOf = (text: string) => createHash("sha256").update(text).digest("hex");

export async function readObject(db: Db, key: string): Promise<StoredObject | undefined> {
  const row = await db.selectFrom("sync_object").select("text").where("key", "=", key).executeTakeFirst();
  return row && { text: row.text, tag: tagOf(row.text) };
}

/** In one transaction. */
export function swapObject(db: Db, swap: Swap): Promise<boolean> {
  return transaction(db, async (tx) => {
    const swapped =
      swap.tag === null
        ? await tx
            .insertInto("sync_object")
            .values({ key: swap.key, text: swap.text })
            .onConflict((conflict) => conflict.doNothing())
            .returning("key")
            .executeTakeFirst()
        : await tx
            .selectFrom("sync_object")
            .select(["key", "text"])
            .where("key", "=", swap.key)
            .forUpdate()
            .executeTakeFirst()
            .then((row) => (row && tagOf(row.text) === swap.tag ? row : undefined));
    if (!swapped) return false;
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
