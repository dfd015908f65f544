import { type Db, transaction } from "../../db/transaction.ts";
import { append } from "../../events/service.ts";
import type { EngineEventRow, PrepareEvents, WireConfigValue } from "../store.ts";
import { prepared } from "./prepared.ts";

/** True for the one running update that this lease belongs to. `FOR SHARE` in a writer keeps the update from ending before the write is in. */
const holds = "id = $1 AND lease_hash = $2 AND state = 'running' AND lease_expires_at > now()";

const insertEntries = prepared<{ id: string }>(
  "state_append_journal",
  `WITH lease AS (SELECT id FROM stack_update WHERE ${holds} FOR SHARE),
   added AS (
     INSERT INTO journal_entry (update_id, sequence, entry)
     SELECT lease.id, given.sequence, given.entry
     FROM lease, unnest($3::bigint[], $4::text[]) AS given (sequence, entry)
     ON CONFLICT DO NOTHING)
   SELECT id FROM lease`,
);

/** Takes each sequence once; false when the lease is over. */
export async function appendJournal(
  db: Db,
  updateId: string,
  hash: Buffer,
  entries: { sequence: number; text: string }[],
): Promise<boolean> {
  const sequences = entries.map((entry) => entry.sequence);
  const texts = entries.map((entry) => entry.text);
  const { rows } = await insertEntries(db, [updateId, hash, sequences, texts]);
  return rows.length > 0;
}

const extendLease = prepared<{ lease_expires_at: Date }>(
  "state_renew_lease",
  `UPDATE stack_update SET lease_expires_at = now() + make_interval(secs => $3)
   WHERE ${holds} RETURNING lease_expires_at`,
);

export async function renewLease(
  db: Db,
  updateId: string,
  hash: Buffer,
  seconds: number,
): Promise<Date | undefined> {
  const { rows } = await extendLease(db, [updateId, hash, seconds]);
  return rows[0]?.lease_expires_at;
}

/** A batch that comes again after a lost reply is known by its first number. */
const takeBatch = prepared<{
  deployment_id: string | null;
  stack_id: string;
  config: Record<string, WireConfigValue> | null;
  is_fresh: boolean;
}>(
  "state_take_events",
  `WITH lease AS (SELECT id, deployment_id, stack_id, config FROM stack_update WHERE ${holds}),
   fresh AS (
     INSERT INTO event_source (update_id, sequence) SELECT id, $3::bigint FROM lease
     ON CONFLICT DO NOTHING RETURNING update_id),
   changed AS (
     UPDATE stack_update SET resource_changes = $4::text::json
     FROM lease WHERE stack_update.id = lease.id AND $4::text IS NOT NULL)
   SELECT deployment_id, stack_id, CASE WHEN deployment_id IS NULL THEN config END AS config,
          EXISTS (SELECT 1 FROM fresh) AS is_fresh FROM lease`,
);

/** False when the lease is over. The stream of a deployment is written by its worker. */
export async function appendEvents(
  db: Db,
  updateId: string,
  hash: Buffer,
  events: EngineEventRow[],
  changes: Record<string, number> | undefined,
  prepare: PrepareEvents,
): Promise<boolean> {
  const first = Math.min(...events.map((event) => event.sequence));
  return transaction(db, async (tx) => {
    const { rows } = await takeBatch(tx, [updateId, hash, first, changes ? JSON.stringify(changes) : null]);
    const taken = rows[0];
    if (taken?.is_fresh && taken.deployment_id === null) {
      const hide = prepare({ stackId: taken.stack_id, config: taken.config ?? {} });
      await append(
        tx,
        updateId,
        events.map(({ data }) => ({ kind: "engine", data: hide(data) })),
      );
    }
    return taken !== undefined;
  });
}
