import { type Insertable, sql } from "kysely";
import type { Schema } from "../db/schema.ts";
import type { Db, Tx } from "../db/transaction.ts";
import type { NewEvent, StoredEvent } from "./contract.ts";

export async function insertStream(
  tx: Db | Tx,
  row: Pick<Insertable<Schema["event_stream"]>, "id" | "organization_id" | "project_id" | "stack_id">,
): Promise<void> {
  await tx.insertInto("event_stream").values(row).execute();
}

/**
 * Numbers and writes a batch in one statement. The lock on the stream's head
 * lasts until the transaction ends, so numbers come in the order of commit and without gap.
 * @returns the last number, or undefined when there is no such open stream.
 */
export async function appendEvents(
  tx: Db | Tx,
  streamId: string,
  events: readonly NewEvent[],
): Promise<number | undefined> {
  const kinds = events.map(({ kind }) => kind);
  const texts = events.map(({ data }) => JSON.stringify(data));
  const { rows } = await sql<{ last: string }>`
    WITH head AS (
      UPDATE event_stream SET last_sequence = last_sequence + ${events.length}::int
      WHERE id = ${streamId} AND NOT ended RETURNING last_sequence
    ), written AS (
      INSERT INTO event (stream_id, sequence, at, kind, data)
      SELECT ${streamId}, head.last_sequence - ${events.length}::int + given.number, clock_timestamp(),
             given.kind, given.data::json
      FROM head, unnest(${kinds}::text[], ${texts}::text[]) WITH ORDINALITY AS given (kind, data, number)
    )
    SELECT last_sequence AS last, pg_notify('roost_event', ${streamId}) FROM head`.execute(tx);
  const last = rows[0]?.last;
  return last === undefined ? undefined : Number(last);
}

export async function endStream(tx: Db | Tx, streamId: string): Promise<void> {
  await sql`
    WITH head AS (UPDATE event_stream SET ended = true WHERE id = ${streamId} AND NOT ended RETURNING id)
    SELECT pg_notify('roost_event', id) FROM head`.execute(tx);
}

export interface StreamPage {
  events: StoredEvent[];
  /** No more will come after these. */
  complete: boolean;
}

/** Events after a sequence, in order; undefined when there is no such stream. One statement, so one snapshot. */
export async function readPage(
  db: Db,
  streamId: string,
  after: number,
  limit: number,
): Promise<StreamPage | undefined> {
  const { rows } = await sql<{
    ended: boolean;
    last: string;
    sequence: string | null;
    at: Date;
    kind: StoredEvent["kind"];
    data: Record<string, unknown>;
  }>`
    SELECT s.ended, s.last_sequence AS last, e.sequence, e.at, e.kind, e.data
    FROM event_stream s
    LEFT JOIN LATERAL (
      SELECT sequence, at, kind, data FROM event
      WHERE stream_id = s.id AND sequence > ${after} ORDER BY sequence LIMIT ${limit}
    ) e ON true
    WHERE s.id = ${streamId}
    ORDER BY e.sequence`.execute(db);
  const [first] = rows;
  if (!first) return undefined;
  const events = rows.flatMap(({ sequence, at, kind, data }) =>
    sequence === null ? [] : [{ sequence: Number(sequence), at, kind, data }],
  );
  const seen = events.at(-1)?.sequence ?? after;
  return { events, complete: first.ended && (events.length < limit || seen >= Number(first.last)) };
}

/** Whose stream it is: what authorization asks. */
export async function findStream(db: Db, streamId: string) {
  return db
    .selectFrom("event_stream")
    .select(["id", "organization_id", "project_id", "stack_id", "ended"])
    .where("id", "=", streamId)
    .executeTakeFirst();
}
