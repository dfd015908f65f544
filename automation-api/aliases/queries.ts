import { sql } from "kysely";
import type { Alias } from "../../host-provisioning/terminal/index.ts";
import type { Db, Tx } from "../db/transaction.ts";

export interface KeptAlias {
  definition: Alias;
  hides: string | null;
  imported_at: Date;
}

/** In the order of their kinds and names. */
export function listAliases(db: Db | Tx, account: string): Promise<KeptAlias[]> {
  return db
    .selectFrom("alias")
    .select(["definition", "hides", "imported_at"])
    .where("account_id", "=", account)
    .orderBy(sql`kind COLLATE "C"`)
    .orderBy(sql`name COLLATE "C"`)
    .execute();
}

/** Until the transaction ends nobody else changes the account's aliases. */
export async function lockAliases(tx: Tx, account: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`roost aliases ${account}`}, 0))`.execute(tx);
}

export async function putAliases(
  tx: Tx,
  account: string,
  aliases: readonly { alias: Alias; hides: string | undefined }[],
): Promise<void> {
  if (aliases.length === 0) return;
  await tx
    .insertInto("alias")
    .values(
      aliases.map(({ alias, hides = null }) => ({
        account_id: account,
        kind: alias.kind,
        name: alias.name,
        definition: JSON.stringify(alias),
        hides,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(["account_id", "kind", "name"]).doUpdateSet((excluded) => ({
        definition: excluded.ref("excluded.definition"),
        hides: excluded.ref("excluded.hides"),
        imported_at: excluded.ref("excluded.imported_at"),
      })),
    )
    .execute();
}

export async function deleteAlias(tx: Tx, account: string, kind: string, name: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom("alias")
    .where("account_id", "=", account)
    .where("kind", "=", kind)
    .where("name", "=", name)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}
