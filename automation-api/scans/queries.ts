import { type Insertable, sql } from "kysely";
import type { Schema } from "../db/schema.ts";
import type { Db, Tx } from "../db/transaction.ts";

/** Without the facts, which are large. */
export type ScanRow = Awaited<ReturnType<typeof listScans>>[number];

/**
 * Keeps a scan, and of the host's older ones the newest `keep`.
 * @returns when it was kept; undefined when the host was changed or removed since it had this version.
 */
export async function insertScan(
  tx: Tx,
  row: Insertable<Schema["scan"]>,
  { version, keep }: { version: number; keep: number },
): Promise<Date | undefined> {
  const host = await tx
    .selectFrom("host")
    .select("id")
    .where("id", "=", row.host_id)
    .where("version", "=", version)
    .forUpdate()
    .executeTakeFirst();
  if (!host) return undefined;
  const kept = await tx.insertInto("scan").values(row).returning("created_at").executeTakeFirstOrThrow();
  await sql`
    DELETE FROM scan WHERE host_id = ${row.host_id} AND id <= (
      SELECT id FROM scan WHERE host_id = ${row.host_id} ORDER BY id DESC OFFSET ${keep} LIMIT 1)`.execute(
    tx,
  );
  return kept.created_at;
}

/** Newest first. */
export async function listScans(
  db: Db | Tx,
  filter: {
    organizationId: string;
    host?: string;
    id?: string;
    kind?: "full";
    before?: string;
    limit: number;
  },
) {
  let query = db
    .selectFrom("scan")
    .innerJoin("host", "host.id", "scan.host_id")
    .select([
      "scan.id",
      "scan.host_id",
      "host.name as host_name",
      "scan.kind",
      "scan.raw_bytes",
      "scan.fact_count",
      "scan.milliseconds",
      "scan.requester",
      "scan.created_at",
    ])
    .where("scan.organization_id", "=", filter.organizationId);
  if (filter.host) query = query.where("scan.host_id", "=", filter.host);
  if (filter.id) query = query.where("scan.id", "=", filter.id);
  if (filter.kind) query = query.where("scan.kind", "=", filter.kind);
  if (filter.before) query = query.where("scan.id", "<", filter.before);
  return query.orderBy("scan.id", "desc").limit(filter.limit).execute();
}

/** Undefined when the scan is gone. */
export async function readFactsOf(db: Db, id: string): Promise<Buffer | undefined> {
  const row = await db.selectFrom("scan").select("facts").where("id", "=", id).executeTakeFirst();
  return row?.facts;
}
