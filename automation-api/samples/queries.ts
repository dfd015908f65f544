import { type Insertable, type Selectable, sql } from "kysely";
import type { Schema } from "../db/schema.ts";
import type { Db, Tx } from "../db/transaction.ts";

export type SamplingRow = Selectable<Schema["host_sampling"]>;
export type SampleRow = Selectable<Schema["host_sample"]>;

/** Begins at once, also where another interval was set. */
export async function setSampling(tx: Tx, hostId: string, seconds: number): Promise<SamplingRow> {
  const fresh = { seconds, failures: 0, fault: null, next_at: sql<Date>`now()` };
  return tx
    .insertInto("host_sampling")
    .values({ host_id: hostId, ...fresh })
    .onConflict((conflict) => conflict.column("host_id").doUpdateSet(fresh))
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** False when it was not sampled. */
export async function stopSampling(tx: Tx, hostId: string): Promise<boolean> {
  const gone = await tx.deleteFrom("host_sampling").where("host_id", "=", hostId).executeTakeFirst();
  return gone.numDeletedRows > 0n;
}

export async function findSampling(db: Db, hostId: string): Promise<SamplingRow | undefined> {
  return db.selectFrom("host_sampling").selectAll().where("host_id", "=", hostId).executeTakeFirst();
}

/**
 * Takes hosts whose turn has come, each by one process alone. The next turn is set before anything is done, later
 * after each failure in a row, by a factor of 32 at most.
 */
export async function claimDue(db: Db, most: number): Promise<{ hostId: string; organizationId: string }[]> {
  const { rows } = await sql<{ hostId: string; organizationId: string }>`
    UPDATE host_sampling s
    SET next_at = now() + make_interval(secs => s.seconds * power(2, least(s.failures, 5)))
    FROM host h
    WHERE h.id = s.host_id AND s.host_id IN (
      SELECT host_id FROM host_sampling WHERE next_at <= now() ORDER BY next_at LIMIT ${most}
      FOR UPDATE SKIP LOCKED)
    RETURNING s.host_id AS "hostId", h.organization_id AS "organizationId"`.execute(db);
  return rows;
}

/** Keeps a reading. Nothing when the host is no longer sampled. */
export async function keepReading(tx: Tx, row: Insertable<Schema["host_sample"]>): Promise<void> {
  const well = await tx
    .updateTable("host_sampling")
    .set({ failures: 0, fault: null })
    .where("host_id", "=", row.host_id)
    .executeTakeFirst();
  if (well.numUpdatedRows === 1n) await tx.insertInto("host_sample").values(row).execute();
}

export async function noteFault(db: Db, hostId: string, fault: string): Promise<void> {
  await db
    .updateTable("host_sampling")
    .set({ fault, failures: sql<number>`failures + 1` })
    .where("host_id", "=", hostId)
    .execute();
}

/** The last reading of each step, oldest first; in front of them the very first, and the one before it where there is one. */
export async function listReadings(
  db: Db,
  hostId: string,
  { from, to, stepSeconds }: { from: Date; to: Date; stepSeconds: number },
): Promise<SampleRow[]> {
  const { rows } = await sql<SampleRow>`
    SELECT * FROM host_sample
    WHERE host_id = ${hostId} AND (
      at = (SELECT max(at) FROM host_sample WHERE host_id = ${hostId} AND at < ${from})
      OR at = (SELECT min(at) FROM host_sample WHERE host_id = ${hostId} AND at BETWEEN ${from} AND ${to})
      OR at IN (
        SELECT max(at) FROM host_sample WHERE host_id = ${hostId} AND at BETWEEN ${from} AND ${to}
        GROUP BY date_bin(make_interval(secs => ${stepSeconds}), at, ${from})))
    ORDER BY at`.execute(db);
  return rows;
}
