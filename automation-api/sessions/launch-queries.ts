import { sql } from "kysely";
import type { Tx } from "../db/transaction.ts";

export interface BucketSize {
  place: string;
  /** Tasks at most, and how many come by the second. */
  tasks: number;
  perSecond: number;
  calls: number;
  callsPerSecond: number;
}

/** A new bucket is full. */
export async function ensureBucket(tx: Tx, { place, tasks, calls }: BucketSize): Promise<void> {
  await sql`
    INSERT INTO launch_bucket (place, tasks, calls, refilled_at)
    VALUES (${place}, ${tasks}, ${calls}, clock_timestamp()) ON CONFLICT DO NOTHING`.execute(tx);
}

/**
 * What is in the bucket `b` at `c.at`. Who waited for the row may have looked at the clock before its last change.
 */
const filled = (what: "tasks" | "calls", most: number, perSecond: number) => sql<number>`
  least(${most}::float8, b.${sql.ref(what)}
    + ${perSecond}::float8 * greatest(0, extract(epoch FROM c.at - b.refilled_at)::float8))`;

/**
 * Takes launches for one call, ahead of their time where there are none, so that calls are served in turn.
 * @returns seconds until they are there; undefined when that would be more than `longestSeconds`: nothing was taken
 */
export async function takeLaunches(
  tx: Tx,
  { place, tasks, perSecond, calls, callsPerSecond }: BucketSize,
  count: number,
  longestSeconds: number,
): Promise<number | undefined> {
  const tasksLeft = sql`${filled("tasks", tasks, perSecond)} - ${count}::float8`;
  const callsLeft = sql`${filled("calls", calls, callsPerSecond)} - 1`;
  const { rows } = await sql<{ seconds: number }>`
    UPDATE launch_bucket b SET tasks = ${tasksLeft}, calls = ${callsLeft}, refilled_at = greatest(b.refilled_at, c.at)
    FROM (SELECT clock_timestamp() AS at) c
    WHERE b.place = ${place}
      AND -least((${tasksLeft}) / ${perSecond}::float8, (${callsLeft}) / ${callsPerSecond}::float8) <= ${longestSeconds}
    RETURNING greatest(0, -b.tasks / ${perSecond}::float8, -b.calls / ${callsPerSecond}::float8) AS seconds`.execute(
    tx,
  );
  return rows[0]?.seconds;
}

/** The batch's call is made in so many seconds. */
export async function markLaunched(tx: Tx, id: string, seconds: number): Promise<void> {
  await sql`
    UPDATE session_batch SET asked_at = coalesce(asked_at, clock_timestamp()),
      launched_at = coalesce(launched_at, clock_timestamp() + ${seconds} * interval '1 second')
    WHERE id = ${id}`.execute(tx);
}

/**
 * Seconds from a plan to the calls that came of it, of the newest calls the fewest: none is planned so far ahead that
 * one which is quicker than the others finds no launch in time. Zero before there was a call.
 */
export async function readLead(tx: Tx, place: string): Promise<number> {
  const { rows } = await sql<{ seconds: number | null }>`
    SELECT min(seconds)::float8 AS seconds FROM (
      SELECT extract(epoch FROM asked_at - created_at) AS seconds FROM session_batch
      WHERE place = ${place} AND asked_at > now() - interval '5 minutes' ORDER BY asked_at DESC LIMIT 20) newest`.execute(
    tx,
  );
  return Math.max(0, rows[0]?.seconds ?? 0);
}

/** What is in the bucket, which is held until the transaction ends. */
export async function lockBucket(tx: Tx, { place, tasks, perSecond }: BucketSize): Promise<number> {
  await sql`SELECT place FROM launch_bucket WHERE place = ${place} FOR UPDATE`.execute(tx);
  const { rows } = await sql<{ tasks: number }>`
    SELECT ${filled("tasks", tasks, perSecond)} AS tasks
    FROM launch_bucket b, (SELECT clock_timestamp() AS at) c WHERE b.place = ${place}`.execute(tx);
  return rows[0]?.tasks ?? 0;
}

/** Sessions that are to be started at a place and whose call was not made yet. */
export async function countUnlaunched(tx: Tx, place: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*)::int AS count FROM session_batch b JOIN session s ON s.batch_id = b.id
    WHERE b.place = ${place} AND b.launched_at IS NULL AND s.state NOT IN ('stopped', 'failed')`.execute(tx);
  return rows[0]?.count ?? 0;
}
