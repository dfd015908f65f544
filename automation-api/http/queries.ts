import { CompiledQuery, sql } from "kysely";
import type { Db } from "../db/transaction.ts";

export interface KeyRow {
  requestHash: Buffer;
  requestId: string;
  status: number | null;
  reply: unknown;
  headers: Record<string, string> | null;
  stale: boolean;
}

export interface KeyOwner {
  accountId: string;
  key: string;
  requestId: string;
}

/** True when this request is the first with the key. */
export async function claimKey(db: Db, owner: KeyOwner, requestHash: Buffer): Promise<boolean> {
  const done = await db
    .insertInto("idempotency_key")
    .values({
      account_id: owner.accountId,
      key: owner.key,
      request_hash: requestHash,
      request_id: owner.requestId,
    })
    .onConflict((conflict) => conflict.columns(["account_id", "key"]).doNothing())
    .executeTakeFirst();
  return (done.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export async function findKey(
  db: Db,
  accountId: string,
  key: string,
  staleSeconds: number,
): Promise<KeyRow | undefined> {
  const found = await sql<KeyRow>`
    SELECT request_hash AS "requestHash", request_id AS "requestId", status, reply, headers,
      created_at < now() - ${staleSeconds} * interval '1 second' AS stale
    FROM idempotency_key WHERE account_id = ${accountId} AND key = ${key}`.execute(db);
  return found.rows[0];
}

/** What an interrupted request did: audit rows are written in the transaction of their effect. */
export async function findEffects(db: Db, requestId: string): Promise<{ action: string; object: string }[]> {
  return db
    .selectFrom("audit")
    .select(["action", "object"])
    .where("request_id", "=", requestId)
    .limit(5)
    .execute();
}

/** True when the dead request's claim is now this one's. */
export async function takeOverKey(db: Db, owner: KeyOwner, deadRequestId: string): Promise<boolean> {
  const done = await db
    .updateTable("idempotency_key")
    .set({ request_id: owner.requestId, created_at: sql<Date>`now()` })
    .where("account_id", "=", owner.accountId)
    .where("key", "=", owner.key)
    .where("request_id", "=", deadRequestId)
    .where("status", "is", null)
    .executeTakeFirst();
  return done.numUpdatedRows > 0n;
}

export async function keepReply(
  db: Db,
  owner: KeyOwner,
  reply: { status: number; body?: unknown; headers?: Record<string, string> },
): Promise<void> {
  await sql`
    UPDATE idempotency_key SET status = ${reply.status},
      reply = ${reply.body === undefined ? null : JSON.stringify(reply.body)},
      headers = ${JSON.stringify(reply.headers ?? {})}
    WHERE account_id = ${owner.accountId} AND key = ${owner.key} AND request_id = ${owner.requestId}`.execute(
    db,
  );
}

export async function dropKey(db: Db, owner: KeyOwner): Promise<void> {
  await db
    .deleteFrom("idempotency_key")
    .where("account_id", "=", owner.accountId)
    .where("key", "=", owner.key)
    .where("request_id", "=", owner.requestId)
    .execute();
}

/** The rate limiter's library brings its own statements. */
export async function runLimiterStatement(db: Db, { text, values }: { text: string; values: unknown[] }) {
  const { rows } = await db.executeQuery(CompiledQuery.raw(text, values));
  return { rows, rowCount: rows.length };
}
