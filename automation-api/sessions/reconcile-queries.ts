import { sql } from "kysely";
import type { Db, Tx } from "../db/transaction.ts";
import { statesBefore } from "./domain.ts";
import type { LedgerSession } from "./reconcile.ts";

/** True when nobody else compares this place with the ledger now, until the transaction ends. */
export async function takeTurn(tx: Tx, place: string): Promise<boolean> {
  const { rows } = await sql<{ mine: boolean }>`
    SELECT pg_try_advisory_xact_lock(hashtext('roost sessions'), hashtext(${place})) AS mine`.execute(tx);
  return rows[0]?.mine === true;
}

/**
 * Sessions that the ledger expects at a place, those of which it only knows that their batch was started there, and
 * those with these ids whatever became of them.
 */
export async function readLedger(tx: Tx, place: string, ids: string[]): Promise<LedgerSession[]> {
  const { rows } = await sql<LedgerSession>`
    SELECT s.id, s.state, s.owner, s.address, s.port, s.place,
      coalesce(extract(epoch FROM now() - coalesce(s.ended_at, s.stopping_at)), 0)::float8 AS "secondsOver",
      (SELECT extract(epoch FROM now() - d.ended_at)::float8
        FROM session_batch b
        JOIN session_shard sh ON sh.template_id = s.template_id AND sh.number = s.shard
        JOIN deployment d ON d.id = sh.deployment_id
        JOIN stack_resource r ON r.stack_id = sh.stack_id AND r.name = s.id
          AND r.type = 'roost:session:Session'
        WHERE s.place IS NULL AND b.id = s.batch_id AND b.place = ${place} LIMIT 1) AS "secondsUnseen"
    FROM session s
    WHERE s.id IN (
      SELECT unnest(${ids}::text[])
      UNION SELECT id FROM session
        WHERE state NOT IN ('stopped', 'failed') AND (place = ${place} OR (place IS NULL AND state = 'starting')))`.execute(
    tx,
  );
  return rows;
}

/** Of these batches those of which a session is to be started and was not seen yet. */
export async function listWaitingBatches(tx: Tx, ids: string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const { rows } = await sql<{ id: string }>`
    SELECT DISTINCT batch_id AS id FROM session
    WHERE batch_id = ANY(${ids}::text[]) AND state IN ('requested', 'starting') AND place IS NULL`.execute(
    tx,
  );
  return new Set(rows.map(({ id }) => id));
}

/** Whether something is being started for which this process may be the one to see that it is ready. */
export async function hasStarting(db: Db, target: string): Promise<boolean> {
  const { rows } = await sql`
    SELECT 1 FROM session s JOIN template t ON t.id = s.template_id
    WHERE s.state = 'starting' AND t.target = ${target} LIMIT 1`.execute(db);
  return rows.length > 0;
}

export interface ReadySession {
  template_id: string;
  owner: string | null;
  introduce: boolean;
  /** From the wish to the workload's answer. */
  seconds: number;
}

/** What is known of a session where it was seen. */
interface Seen {
  id: string;
  address: string | null;
  port: number | null;
  place: string;
  isolation: "none" | "network";
}

/** It keeps what was first seen of it: what it was started with does not change. */
const keepIsolation = ({ isolation }: Seen) => sql`isolation = coalesce(s.isolation, ${isolation})`;

/** To the pool, or to the user who waits, whose time begins now. */
export async function markReady(
  tx: Tx,
  given: Seen & { address: string; port: number },
): Promise<ReadySession | undefined> {
  const { rows } = await sql<ReadySession>`
    UPDATE session s SET address = ${given.address}, port = ${given.port}, place = ${given.place}, ready_at = now(),
      ${keepIsolation(given)},
      state = CASE WHEN owner IS NULL THEN 'warm' ELSE 'active' END,
      last_activity_at = CASE WHEN owner IS NULL THEN NULL ELSE now() END,
      expires_at = CASE WHEN owner IS NULL THEN NULL ELSE now() + t.life_seconds * interval '1 second' END
    FROM template t
    WHERE t.id = s.template_id AND s.id = ${given.id} AND s.state = ANY(${statesBefore("warm")}::text[])
    RETURNING s.template_id, s.owner, s.introduce, extract(epoch FROM now() - s.created_at)::float8 AS seconds`.execute(
    tx,
  );
  return rows[0];
}

export async function markPlace(tx: Tx, given: Seen): Promise<void> {
  await sql`
    UPDATE session s SET place = ${given.place}, address = coalesce(${given.address}, address),
      port = coalesce(${given.port}::int, port), ${keepIsolation(given)}
    WHERE s.id = ${given.id}`.execute(tx);
}

/** Users' sessions whose time is over, or that nobody has used for too long, by the database's clock. */
export async function findExpired(
  tx: Tx,
  limit: number,
): Promise<{ id: string; template_id: string; owner: string; reason: "expired" | "idle" }[]> {
  const { rows } = await sql<{ id: string; template_id: string; owner: string; reason: "expired" | "idle" }>`
    SELECT s.id, s.template_id, s.owner, CASE WHEN s.expires_at <= now() THEN 'expired' ELSE 'idle' END AS reason
    FROM session s JOIN template t ON t.id = s.template_id
    WHERE s.owner IS NOT NULL AND s.state IN ('requested', 'starting', 'active') AND (
      s.expires_at <= now()
      OR (s.state = 'active' AND s.last_activity_at + t.idle_seconds * interval '1 second' <= now()))
    ORDER BY s.expires_at LIMIT ${limit} FOR UPDATE OF s SKIP LOCKED`.execute(tx);
  return rows;
}
