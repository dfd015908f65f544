import { authorize } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { type Db, type Tx, transaction } from "../db/transaction.ts";
import { decodeCursor, type Page, pageOf } from "../http/page.ts";
import type { AuditRow, Verification } from "./contract.ts";
import { ChainWalk, type Checkpoint } from "./domain.ts";
import type { Heads } from "./heads.ts";
import type { Filter, ListedRow } from "./queries.ts";
import * as queries from "./queries.ts";

export { Heads } from "./heads.ts";
export { Sealer } from "./sealer.ts";

export interface AuditEntry {
  /** What is done: `<noun>.<verb>`, such as `deployment.create`. */
  action: string;
  /** Id of what it is done to. */
  object: string;
  /** `intent`: an effect outside the database follows; `result`: how it ended, or an effect that this transaction is. */
  phase: "intent" | "result";
  /** For `result`; default `succeeded`. */
  result?: string;
  /** More facts, never a secret. */
  detail?: Record<string, unknown>;
  requestId?: string | null;
}

/**
 * Writes an audit row in the transaction of its effect: no row, no effect.
 * The sealer links it into the chain afterwards, so that writers do not wait
 * for one another.
 */
export async function record(tx: Tx, principal: Principal, entry: AuditEntry): Promise<void> {
  await queries.insertRow(tx, {
    organization_id: principal.organizationId,
    actor_id: principal.kind === "deployment" ? principal.deploymentId : principal.accountId,
    actor: principal.name,
    action: entry.action,
    object: entry.object,
    phase: entry.phase,
    request_id: entry.requestId ?? null,
    result: entry.phase === "result" ? (entry.result ?? "succeeded") : null,
    detail: JSON.stringify(entry.detail ?? {}),
  });
}

/** Rows of the principal's organization, newest first. */
export async function listAudit(
  db: Db,
  principal: Principal,
  query: Filter & { limit: number; cursor?: string },
): Promise<Page<AuditRow>> {
  authorize(principal, "audit:read");
  const before = decodeCursor(query.cursor, /^\d{1,18}$/);
  const rows = await queries.listRows(db, principal.organizationId, query, query.limit + 1, before);
  return pageOf(rows, query.limit, (row) => row.auditId, view);
}

const exportBatch = 1_000;

/** All rows that fit, oldest first, a batch at a time. Checks the permission before the first. */
export async function exportAudit(
  db: Db,
  principal: Principal,
  filter: Filter,
): Promise<AsyncGenerator<AuditRow[]>> {
  authorize(principal, "audit:read");
  return (async function* () {
    let after = "0";
    for (;;) {
      const rows = await queries.listRows(db, principal.organizationId, filter, exportBatch, after, true);
      if (rows.length > 0) yield rows.map(view);
      if (rows.length < exportBatch) return;
      after = rows.at(-1)?.auditId ?? after;
    }
  })();
}

const verifyBatch = 5_000;
/** Older than this without a seal, or without a signed head, is worth a word. */
const lateSeconds = 180;

/**
 * Walks the organization's whole chain beside the signed heads: finds edited,
 * missing and cut rows, and a chain that was computed anew.
 */
export async function verifyAudit(db: Db, heads: Heads, principal: Principal): Promise<Verification> {
  authorize(principal, "audit:read");
  const { organizationId } = principal;
  // The heads first: the chain only grows, so every one of them lies on it.
  const reading = await heads.read();
  const checkpoints = reading.checkpoints.get(organizationId) ?? [];
  const walk = new ChainWalk(checkpoints);
  await walkChain(db, organizationId, walk);
  walk.end();
  const unsealed = await queries.countUnsealed(db, organizationId);
  const faults = [
    ...walk.faults,
    ...reading.badLines.map(({ line, message }) => ({
      kind: "bad-signature" as const,
      sequence: null,
      auditId: null,
      message: `line ${line} of ${heads.file} ${message}`,
    })),
  ];
  const last = checkpoints.at(-1);
  return {
    ok: faults.length === 0,
    sealedRows: walk.sequence,
    head: walk.head,
    unsealedRows: unsealed.count,
    oldestUnsealedSeconds: unsealed.oldestSeconds,
    checkpoints: checkpoints.length,
    lastCheckpoint: last ? { sequence: last.sequence, at: last.at } : null,
    faults,
    warnings: warningsOf(walk, checkpoints, unsealed.oldestSeconds),
  };
}

/** Reads the next batch while it checks the one before: the database and we work at the same time. */
async function walkChain(db: Db, organizationId: string, walk: ChainWalk): Promise<void> {
  const readAfter = (sequence: string) => queries.readChain(db, organizationId, sequence, verifyBatch);
  let seals = await readAfter("0");
  while (seals.length > 0) {
    const last = seals.at(-1)?.sequence ?? "0";
    const next = seals.length === verifyBatch ? readAfter(last) : Promise.resolve([]);
    for (const { sequence, previousHash, hash, gone, ...row } of seals) {
      walk.step({ sequence, previousHash, hash, row: gone ? null : row });
    }
    seals = await next;
  }
}

/** Makes a new signing key; that it was done is a line of the file of heads and a row of the chain. */
export async function rotateAuditKey(db: Db, heads: Heads, principal: Principal, requestId: string) {
  authorize(principal, "system:manage");
  const entry = { action: "audit.rotate-key", object: principal.organizationId, requestId };
  await transaction(db, (tx) => record(tx, principal, { ...entry, phase: "intent" }));
  const rotated = await heads.rotate();
  await transaction(db, (tx) => record(tx, principal, { ...entry, phase: "result", detail: rotated }));
  return rotated;
}

function warningsOf(walk: ChainWalk, checkpoints: Checkpoint[], oldestUnsealedSeconds: number): string[] {
  const warnings: string[] = [];
  if (checkpoints.length === 0 && walk.sequence !== "0") {
    warnings.push("No signed head was found here: a cut tail or a chain computed anew cannot be seen.");
  }
  if (oldestUnsealedSeconds > lateSeconds) {
    warnings.push(`A row has waited ${Math.round(oldestUnsealedSeconds)} s for its seal: does a server run?`);
  }
  return warnings;
}

function view({ hash, detail, ...row }: ListedRow): AuditRow {
  return {
    ...row,
    id: row.auditId,
    phase: row.phase as AuditRow["phase"],
    detail: JSON.parse(detail),
    hash: hash?.toString("hex") ?? null,
  };
}
