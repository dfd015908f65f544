import { sql } from "kysely";
import type { Tx } from "../db/transaction.ts";

export interface RunningDeployment {
  id: string;
  operation: string;
  requester_id: string;
  requester: string;
  request_id: string | null;
  organization_id: string;
  organization: string;
}

/**
 * Fails what was running: its engine does not exist here. A new epoch and no
 * token keep an engine of the old installation from writing.
 */
export async function failRunning(tx: Tx, error: string): Promise<RunningDeployment[]> {
  const { rows } = await sql<RunningDeployment>`
    UPDATE deployment d
    SET state = 'failed', error = ${error}, ended_at = now(), epoch = epoch + 1,
        token_hash = NULL, runner_pid = NULL, runner_started = NULL, runner_slot = NULL
    FROM organization o
    WHERE d.state = 'running' AND o.id = d.organization_id
    RETURNING d.id, d.operation, d.requester_id, d.requester, d.request_id, d.organization_id, o.name AS organization`.execute(
    tx,
  );
  return rows;
}

/**
 * Ends the lease of every open update. One that was running keeps its state
 * until the server's own sweep folds what its journal holds; one that had not begun is over.
 */
export async function endLeases(tx: Tx): Promise<number> {
  const ended = await sql`
    UPDATE stack_update SET lease_hash = NULL, lease_expires_at = now() WHERE state = 'running'`.execute(tx);
  await sql`
    UPDATE stack_update SET state = 'cancelled', lease_hash = NULL, ended_at = now()
    WHERE state = 'created'`.execute(tx);
  return Number(ended.numAffectedRows ?? 0);
}

/** Workers of the old installation, and what queued deployments remember of them. */
export async function endWorkers(tx: Tx): Promise<void> {
  await sql`UPDATE worker SET stopped_at = now() WHERE stopped_at IS NULL`.execute(tx);
  await sql`
    UPDATE deployment SET worker_id = NULL, token_hash = NULL, runner_pid = NULL, runner_started = NULL, runner_slot = NULL
    WHERE state = 'queued'`.execute(tx);
}

/** A request that was under way when the backup was taken will never be answered. */
export async function dropOpenRequests(tx: Tx): Promise<void> {
  await sql`DELETE FROM idempotency_key WHERE status IS NULL`.execute(tx);
}

/** @returns how many were good until now. */
export async function revokeTokens(tx: Tx): Promise<number> {
  const { numAffectedRows } = await sql`
    UPDATE token SET revoked_at = now()
    WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`.execute(tx);
  return Number(numAffectedRows ?? 0);
}

export interface AdminRow {
  id: string;
  name: string;
  organization_id: string;
  organization: string;
}

/** The oldest enabled admin of each organization. */
export async function findAdmins(tx: Tx): Promise<AdminRow[]> {
  const { rows } = await sql<AdminRow>`
    SELECT DISTINCT ON (a.organization_id) a.id, a.name, a.organization_id, o.name AS organization
    FROM account a
    JOIN organization o ON o.id = a.organization_id
    JOIN role_binding r ON r.account_id = a.id AND r.project_id IS NULL AND r.role = 'admin'
    WHERE a.disabled_at IS NULL
    ORDER BY a.organization_id, a.created_at`.execute(tx);
  return rows;
}

/** A token that was known and revoked is good again when the settings give it. */
export async function insertToken(
  tx: Tx,
  row: { id: string; account_id: string; name: string; hash: Buffer; prefix: string },
): Promise<void> {
  await tx
    .insertInto("token")
    .values({ ...row, scopes: null })
    .onConflict((oc) => oc.column("hash").doUpdateSet({ revoked_at: null, expires_at: null }))
    .execute();
}

export async function listOrganizations(tx: Tx): Promise<{ id: string; name: string }[]> {
  return tx.selectFrom("organization").select(["id", "name"]).orderBy("created_at").execute();
}

/** What a lost master key makes unreadable. */
export async function countSecrets(tx: Tx): Promise<{ stacks: number; credentials: number }> {
  const { rows } = await sql<{ stacks: string; credentials: string }>`
    SELECT (SELECT count(*) FROM stack WHERE deleted_at IS NULL) AS stacks,
           (SELECT count(*) FROM credential) AS credentials`.execute(tx);
  return { stacks: Number(rows[0]?.stacks), credentials: Number(rows[0]?.credentials) };
}

/** Forgets which master key the database was begun with, so that the next start may bring a new one. */
export async function forgetMasterKey(tx: Tx): Promise<void> {
  await tx.deleteFrom("installation").execute();
}
