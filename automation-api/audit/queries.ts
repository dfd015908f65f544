import { type Insertable, sql } from "kysely";
import type { Schema } from "../db/schema.ts";
import type { Db, Tx } from "../db/transaction.ts";
import type { ChainRow } from "./domain.ts";

export async function insertRow(tx: Tx, row: Insertable<Schema["audit"]>): Promise<void> {
  await tx.insertInto("audit").values(row).execute();
}

const microseconds = sql`to_char(audit.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
const chainColumns = sql`
  audit.id::text AS "auditId", audit.organization_id AS "organizationId", ${microseconds} AS at,
  audit.actor_id AS "actorId", audit.actor, audit.action, audit.object, audit.phase,
  audit.request_id AS "requestId", audit.result, audit.detail::text AS detail`;

/** One sealer at a time over all processes; held until the transaction ends. */
export async function tryLockSealer(tx: Tx): Promise<boolean> {
  const got = await sql<{ locked: boolean }>`
    SELECT pg_try_advisory_xact_lock(hashtext('roost audit sealer')) AS locked`.execute(tx);
  return got.rows[0]?.locked === true;
}

/** Before this transaction id all are over. */
export async function readHorizon(db: Db): Promise<string> {
  const found = await sql<{
    xmin: string;
  }>`SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xmin`.execute(db);
  return found.rows[0]?.xmin ?? "0";
}

/**
 * Rows without a seal that are older than every open transaction, from the
 * transaction `from` on, with ids above `after`. A row from a future transaction came with a restored
 * backup: it is old too.
 */
export async function findSealable(tx: Tx, from: string, after: string, limit: number): Promise<ChainRow[]> {
  const found = await sql<ChainRow>`
    SELECT ${chainColumns} FROM audit
    WHERE transaction_id >= ${from}::xid8 AND audit.id > ${after}
      AND (transaction_id < pg_snapshot_xmin(pg_current_snapshot())
        OR transaction_id >= pg_snapshot_xmax(pg_current_snapshot()))
      AND NOT EXISTS (SELECT 1 FROM audit_seal WHERE audit_id = audit.id)
    ORDER BY audit.id LIMIT ${limit}`.execute(tx);
  return found.rows;
}

export interface Head {
  organizationId: string;
  sequence: string;
  hash: Buffer;
}

/** The last seal of each organization. */
export async function findHeads(db: Db): Promise<Head[]> {
  const found = await sql<Head>`
    SELECT organization.id AS "organizationId", head.sequence, head.hash
    FROM organization CROSS JOIN LATERAL (
      SELECT sequence, hash FROM audit_seal WHERE organization_id = organization.id
      ORDER BY sequence DESC LIMIT 1) AS head`.execute(db);
  return found.rows;
}

export interface Seal extends Head {
  auditId: string;
  previousHash: Buffer;
}

/** As five lists, since so many rows have more values than a statement may have parameters. */
export async function insertSeals(tx: Tx, seals: Seal[]): Promise<void> {
  await sql`
    INSERT INTO audit_seal (organization_id, sequence, audit_id, previous_hash, hash)
    SELECT * FROM unnest(
      ${seals.map((seal) => seal.organizationId)}::text[], ${seals.map((seal) => seal.sequence)}::bigint[],
      ${seals.map((seal) => seal.auditId)}::bigint[], ${seals.map((seal) => seal.previousHash)}::bytea[],
      ${seals.map((seal) => seal.hash)}::bytea[])`.execute(tx);
}

type StoredSeal = ChainRow & {
  sequence: string;
  previousHash: Buffer;
  hash: Buffer;
  gone: boolean;
};

/** The next `limit` seals after `after`, with their rows. */
export async function readChain(
  db: Db,
  organizationId: string,
  after: string,
  limit: number,
): Promise<StoredSeal[]> {
  const found = await sql<StoredSeal>`
    SELECT audit_seal.sequence, previous_hash AS "previousHash", hash, audit.id IS NULL AS gone, ${chainColumns}
    FROM audit_seal LEFT JOIN audit ON audit.id = audit_seal.audit_id
    WHERE audit_seal.organization_id = ${organizationId} AND audit_seal.sequence > ${after}
    ORDER BY audit_seal.sequence LIMIT ${limit}`.execute(db);
  return found.rows;
}

/** Rows that the sealer has not reached, and the age of the oldest in seconds. */
export async function countUnsealed(
  db: Db,
  organizationId: string,
): Promise<{ count: number; oldestSeconds: number }> {
  const found = await sql<{ count: number; oldestSeconds: number }>`
    SELECT count(*)::int AS count,
      coalesce(extract(epoch FROM now() - min(at)), 0)::float8 AS "oldestSeconds"
    FROM audit WHERE organization_id = ${organizationId}
      AND NOT EXISTS (SELECT 1 FROM audit_seal WHERE audit_id = audit.id)`.execute(db);
  return found.rows[0] ?? { count: 0, oldestSeconds: 0 };
}

export interface Filter {
  actor?: string;
  action?: string;
  object?: string;
  requestId?: string;
  /** RFC 3339; from is inclusive, to is not. */
  from?: string;
  to?: string;
}

export type ListedRow = ChainRow & { sequence: string | null; hash: Buffer | null };

/**
 * Rows of an organization by id: newest first below `bound`, or with `oldest`
 * set oldest first above it.
 */
export async function listRows(
  db: Db,
  organizationId: string,
  filter: Filter,
  limit: number,
  bound?: string,
  oldest = false,
): Promise<ListedRow[]> {
  const all = sql`true`;
  const { actor, action, object, requestId, from, to } = filter;
  const conditions = [
    actor === undefined ? all : sql`(audit.actor = ${actor} OR audit.actor_id = ${actor})`,
    action === undefined ? all : sql`audit.action = ${action}`,
    object === undefined ? all : sql`audit.object = ${object}`,
    requestId === undefined ? all : sql`audit.request_id = ${requestId}`,
    from === undefined ? all : sql`audit.at >= ${from}::timestamptz`,
    to === undefined ? all : sql`audit.at < ${to}::timestamptz`,
    bound === undefined ? all : oldest ? sql`audit.id > ${bound}` : sql`audit.id < ${bound}`,
  ];
  const found = await sql<ListedRow>`
    SELECT ${chainColumns}, audit_seal.sequence, audit_seal.hash
    FROM audit LEFT JOIN audit_seal ON audit_seal.audit_id = audit.id
    WHERE audit.organization_id = ${organizationId} AND ${sql.join(conditions, sql` AND `)}
    ORDER BY audit.id ${oldest ? sql`ASC` : sql`DESC`} LIMIT ${limit}`.execute(db);
  return found.rows;
}
