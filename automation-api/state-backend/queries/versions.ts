import { sql } from "kysely";
import { type Db, type Tx, transaction } from "../../db/transaction.ts";
import type { Content } from "../content.ts";
import type { ImportOutcome, ImportRequest, ResourceRow } from "../store.ts";
import { hindranceOf, lockStack, recordAll } from "./locks.ts";
import { insertUpdate } from "./updates.ts";

export async function findContent(
  db: Db | Tx,
  stackId: string,
  version?: number,
): Promise<Buffer | undefined> {
  const found = await sql<{ bytes: Buffer }>`
    SELECT content.bytes FROM stack s
    JOIN checkpoint c ON c.stack_id = s.id AND c.version = ${version === undefined ? sql`s.version` : version}
    JOIN checkpoint_content content ON content.hash = c.content_hash
    WHERE s.id = ${stackId}`.execute(db);
  return found.rows[0]?.bytes;
}

export async function findUpdateContent(db: Db, updateId: string): Promise<Buffer | undefined> {
  const found = await sql<{ bytes: Buffer }>`
    SELECT content.bytes FROM stack_update u
    JOIN checkpoint c ON c.stack_id = u.stack_id AND c.version = u.version
    JOIN checkpoint_content content ON content.hash = c.content_hash
    WHERE u.id = ${updateId}`.execute(db);
  return found.rows[0]?.bytes;
}

export async function insertContent(tx: Tx, content: Content): Promise<void> {
  await sql`
    INSERT INTO checkpoint_content (hash, bytes, raw_bytes) VALUES (${content.hash}, ${content.bytes}, ${content.rawBytes})
    ON CONFLICT (hash) DO NOTHING`.execute(tx);
}

/** Makes a content the stack's newest version, and lets go of the stack. */
export async function publish(
  tx: Tx,
  version: { stackId: string; version: number; updateId: string; content: Content; resources: ResourceRow[] },
): Promise<void> {
  const { stackId, content } = version;
  await insertContent(tx, content);
  await tx
    .insertInto("checkpoint")
    .values({
      stack_id: stackId,
      version: version.version,
      update_id: version.updateId,
      content_hash: content.hash,
      resource_count: content.resourceCount,
    })
    .execute();
  await sql`UPDATE stack SET version = ${version.version}, active_update_id = NULL WHERE id = ${stackId}`.execute(
    tx,
  );
  await replaceResources(tx, stackId, version.resources);
}

/** Writes only the rows that differ: most updates change few resources. */
async function replaceResources(tx: Tx, stackId: string, rows: ResourceRow[]): Promise<void> {
  await sql`DELETE FROM stack_resource WHERE stack_id = ${stackId} AND position >= ${rows.length}`.execute(
    tx,
  );
  await sql`
    INSERT INTO stack_resource AS old (stack_id, position, urn, type, name, custom_id, parent_urn)
    SELECT ${stackId}, given.position - 1, given.urn, given.type, given.name, given.custom_id, given.parent_urn
    FROM unnest(${rows.map((row) => row.urn)}::text[], ${rows.map((row) => row.type)}::text[],
                ${rows.map((row) => row.name)}::text[], ${rows.map((row) => row.customId)}::text[],
                ${rows.map((row) => row.parentUrn)}::text[])
      WITH ORDINALITY AS given (urn, type, name, custom_id, parent_urn, position)
    ON CONFLICT (stack_id, position) DO UPDATE SET
      urn = excluded.urn, type = excluded.type, name = excluded.name,
      custom_id = excluded.custom_id, parent_urn = excluded.parent_urn
    WHERE (old.urn, old.type, old.name, old.custom_id, old.parent_urn)
      IS DISTINCT FROM (excluded.urn, excluded.type, excluded.name, excluded.custom_id, excluded.parent_urn)`.execute(
    tx,
  );
}

export async function importContent(db: Db, request: ImportRequest): Promise<ImportOutcome> {
  return transaction(db, async (tx) => {
    const stack = await lockStack(tx, request.stackId);
    const hindrance = stack && hindranceOf(stack);
    if (hindrance) return hindrance;
    const version = (stack?.version ?? 0) + 1;
    await insertUpdate(tx, request.update, { version, state: "succeeded" });
    await publish(tx, { ...request, version, updateId: request.update.id });
    await recordAll(tx, request.audit);
    return { kind: "published", version };
  });
}
