import { sql } from "kysely";
import type { Db } from "../db/transaction.ts";

/** Removes events of streams that ended long ago; the newest stream of each stack stays. */
export async function dropOldEvents(db: Db, days: number): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    WITH old AS (
      SELECT id FROM event_stream s
      WHERE ended AND created_at < now() - make_interval(secs => ${days * 86_400})
        AND EXISTS (SELECT 1 FROM event_stream newer WHERE newer.stack_id = s.stack_id AND newer.created_at > s.created_at)
    ), gone AS (DELETE FROM event WHERE stream_id IN (SELECT id FROM old) RETURNING 1)
    SELECT count(*) FROM gone`.execute(db);
  return Number(rows[0]?.count ?? 0);
}

/** Removes what has expired: tickets, sign-ins, access tokens of the issuer, kept replies, workers that are gone. */
export async function dropExpired(db: Db): Promise<void> {
  await sql`DELETE FROM ticket WHERE expires_at < now()`.execute(db);
  await sql`DELETE FROM sign_in_attempt WHERE expires_at < now()`.execute(db);
  await sql`
    DELETE FROM token t
    WHERE kind <> 'api' AND expires_at < now() - interval '1 day'
      AND NOT EXISTS (SELECT 1 FROM ticket WHERE token_id = t.id)
      AND NOT EXISTS (SELECT 1 FROM session_credential WHERE token_id = t.id)`.execute(db);
  await sql`DELETE FROM idempotency_key WHERE created_at < now() - interval '24 hours'`.execute(db);
  await sql`
    DELETE FROM worker w
    WHERE stopped_at < now() - interval '7 days'
      AND NOT EXISTS (SELECT 1 FROM deployment d WHERE d.worker_id = w.id)`.execute(db);
}

/**
 * Removes uploads that no deployment of the last `days` days names. What a
 * stack would run next, when no program is named, stays however old it is, and so do policy packs of projects.
 */
export async function dropUnusedArchives(db: Db, days: number): Promise<void> {
  await sql`
    DELETE FROM program_archive a
    WHERE created_at < now() - make_interval(secs => ${days * 86_400})
      AND NOT EXISTS (
        SELECT 1 FROM project p, jsonb_array_elements(p.policies->'packs') pack
        WHERE pack->'source'->>'archive' = a.id)
      AND NOT EXISTS (
        SELECT 1 FROM deployment d
        WHERE d.program->>'archive' = a.id
          AND (d.created_at > now() - make_interval(secs => ${days * 86_400})
            OR NOT EXISTS (
              SELECT 1 FROM deployment newer WHERE newer.stack_id = d.stack_id AND newer.sequence > d.sequence)))`.execute(
    db,
  );
}

/** Forgets sessions that were over long ago; whatever opened one was dropped when it ended. */
export async function dropOldSessions(db: Db, days: number): Promise<void> {
  await sql`DELETE FROM session WHERE ended_at < now() - make_interval(secs => ${days * 86_400})`.execute(db);
  await sql`
    DELETE FROM session_batch b
    WHERE created_at < now() - make_interval(secs => ${days * 86_400})
      AND NOT EXISTS (SELECT 1 FROM session WHERE batch_id = b.id)`.execute(db);
}

/** Samples of hosts that are older than so many days are kept one for each so many seconds. */
const sampleTiers = [
  { days: 1, seconds: 600 },
  { days: 14, seconds: 3600 },
];

/** Keeps fewer samples the older they are, and none after `days`. Their counters stay exact over the gaps. */
export async function thinSamples(db: Db, days: number): Promise<void> {
  await sql`DELETE FROM host_sample WHERE at < now() - make_interval(secs => ${days * 86_400})`.execute(db);
  for (const tier of sampleTiers) {
    await sql`
      DELETE FROM host_sample gone USING (
        SELECT host_id, at, row_number() OVER (
          PARTITION BY host_id, date_bin(make_interval(secs => ${tier.seconds}), at, 'epoch'::timestamptz)
          ORDER BY at DESC) AS place
        FROM host_sample WHERE at < now() - make_interval(days => ${tier.days})) each
      WHERE each.place > 1 AND gone.host_id = each.host_id AND gone.at = each.at`.execute(db);
  }
}
