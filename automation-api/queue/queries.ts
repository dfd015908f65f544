import { sql } from "kysely";
import type { ProcessIdentity } from "../../plugins/process/index.ts";
import type { Db, Tx } from "../db/transaction.ts";
import type { ConfigValue, Operation, OperationOptions } from "../engine/contract.ts";
import type { ProgramReference } from "../programs/contract.ts";
import type { ForcedPolicies } from "../projects/contract.ts";
import type { Abandoned, ConfigChange, ForcedByEnvironment, Result, Worker } from "./contract.ts";
import { fromStored, type StoredConfig, toStored } from "./domain.ts";

export interface QueuedRow {
  id: string;
  organization_id: string;
  organization: string;
  project_id: string;
  project: string;
  stack_id: string;
  stack: string;
  operation: Operation;
  options: OperationOptions;
  program: ProgramReference;
  policies: ForcedPolicies | null;
  environments: ForcedByEnvironment[];
  config_patch: Record<string, ConfigChange>;
  requester_id: string;
  requester: string;
  request_id: string | null;
  trace_parent: string | null;
  epoch: number;
  attempt: number;
  created_at: Date;
}

/**
 * Locks the oldest queued deployment of a stack that nothing holds: neither a
 * running deployment nor a person's update with a live lease.
 */
export async function lockNext(tx: Tx): Promise<QueuedRow | undefined> {
  const found = await sql<QueuedRow>`
    SELECT d.id, d.organization_id, o.name AS organization, d.project_id, p.name AS project, d.stack_id,
           s.name AS stack, p.policies, e.environments, d.operation, d.options, d.program, d.config_patch, d.requester_id,
           d.requester, d.request_id, d.trace_parent, d.epoch, d.attempt, d.created_at
    FROM deployment d
    JOIN stack s ON s.id = d.stack_id
    JOIN project p ON p.id = d.project_id
    JOIN organization o ON o.id = d.organization_id
    CROSS JOIN LATERAL (
      SELECT coalesce(jsonb_agg(jsonb_build_object('name', name, 'policies', policies) ORDER BY name), '[]')
        AS environments
      FROM environment
      WHERE organization_id = d.organization_id AND policies IS NOT NULL
        AND is_in_environment(stacks, p.name, s.name)) e
    WHERE d.state = 'queued'
      AND NOT EXISTS (
        SELECT 1 FROM deployment other
        WHERE other.stack_id = d.stack_id
          AND (other.state = 'running' OR (other.state = 'queued' AND other.sequence < d.sequence)))
      AND NOT EXISTS (
        SELECT 1 FROM stack_update u
        WHERE u.id = s.active_update_id AND u.state = 'running' AND u.lease_expires_at > now())
    ORDER BY d.sequence
    LIMIT 1
    FOR UPDATE OF d SKIP LOCKED`.execute(tx);
  return found.rows[0];
}

export async function markRunning(
  tx: Tx,
  id: string,
  given: { workerId: string; tokenHash: Buffer; slot: number; runner: ProcessIdentity },
): Promise<void> {
  await tx
    .updateTable("deployment")
    .set((eb) => ({
      state: "running",
      worker_id: given.workerId,
      token_hash: given.tokenHash,
      runner_pid: given.runner.pid,
      runner_started: `${given.runner.bootId} ${given.runner.startTime}`,
      runner_slot: given.slot,
      update_id: null,
      epoch: eb("epoch", "+", 1),
      attempt: eb("attempt", "+", 1),
      started_at: eb.fn.coalesce("started_at", sql<Date>`now()`),
    }))
    .where("id", "=", id)
    .execute();
}

/** The stack's configuration, locked until the transaction ends; from then on no update of it can start. */
export async function lockConfig(tx: Tx, stackId: string): Promise<Record<string, ConfigValue>> {
  const row = await tx
    .selectFrom("stack")
    .select("config")
    .where("id", "=", stackId)
    .forUpdate()
    .executeTakeFirstOrThrow();
  return fromStored(row.config as StoredConfig);
}

/** Whether a person's update holds the stack. Sure only while the stack is locked. */
export async function isLeased(tx: Tx, stackId: string): Promise<boolean> {
  const lease = await tx
    .selectFrom("stack")
    .innerJoin("stack_update", "stack_update.id", "stack.active_update_id")
    .select("stack_update.id")
    .where("stack.id", "=", stackId)
    .where("stack_update.state", "=", "running")
    .where("stack_update.lease_expires_at", ">", sql<Date>`now()`)
    .executeTakeFirst();
  return lease !== undefined;
}

export async function storeConfig(
  tx: Tx,
  stackId: string,
  config: Record<string, ConfigValue>,
): Promise<void> {
  await tx
    .updateTable("stack")
    .set({ config: JSON.stringify(toStored(config)) })
    .where("id", "=", stackId)
    .execute();
}

/** Whether the deployment is still this attempt's. Locks it against a takeover until the transaction ends. */
export async function holds(tx: Tx, id: string, epoch: number): Promise<boolean> {
  const row = await tx
    .selectFrom("deployment")
    .select("id")
    .where("id", "=", id)
    .where("epoch", "=", epoch)
    .where("state", "=", "running")
    .forShare()
    .executeTakeFirst();
  return row !== undefined;
}

/** Ends the attempt's deployment; false when it is no longer its own. */
export async function finish(tx: Tx, id: string, epoch: number, result: Result): Promise<boolean> {
  const done = await tx
    .updateTable("deployment")
    .set({
      state: result.state,
      error: result.error ?? null,
      version: result.version ?? null,
      changes: result.changes ? JSON.stringify(result.changes) : null,
      outputs: result.outputs ? JSON.stringify(result.outputs) : null,
      cost: result.cost ? JSON.stringify(result.cost) : null,
      diagnostics: JSON.stringify(result.diagnostics),
      timings: JSON.stringify(result.timings),
      token_hash: null,
      ended_at: sql<Date>`now()`,
    })
    .where("id", "=", id)
    .where("epoch", "=", epoch)
    .where("state", "=", "running")
    .executeTakeFirst();
  return done.numUpdatedRows > 0n;
}

export async function requeue(tx: Tx, id: string, epoch: number): Promise<boolean> {
  const done = await tx
    .updateTable("deployment")
    .set({
      state: "queued",
      worker_id: null,
      token_hash: null,
      runner_pid: null,
      runner_started: null,
      runner_slot: null,
    })
    .where("id", "=", id)
    .where("epoch", "=", epoch)
    .where("state", "=", "running")
    .executeTakeFirst();
  return done.numUpdatedRows > 0n;
}

export interface UpdateRow {
  id: string;
  state: string;
  version: string | null;
}

/** The newest update that the deployment's engine made; none when it died before. */
export async function updateOf(db: Db, deploymentId: string): Promise<UpdateRow | undefined> {
  return db
    .selectFrom("deployment as d")
    .innerJoin("stack_update as u", "u.id", "d.update_id")
    .select(["u.id", "u.state", "u.version"])
    .where("d.id", "=", deploymentId)
    .executeTakeFirst();
}

export async function insertWorker(db: Db, worker: Worker, lockKey: string): Promise<void> {
  await db
    .insertInto("worker")
    .values({
      id: worker.id,
      machine_id: worker.machineId,
      pid: worker.pid,
      slots: worker.slots,
      lock_key: lockKey,
    })
    .execute();
}

export async function beat(db: Db, workerId: string): Promise<void> {
  await db
    .updateTable("worker")
    .set({ heartbeat_at: sql<Date>`clock_timestamp()` })
    .where("id", "=", workerId)
    .execute();
}

export async function endWorker(db: Db, workerId: string): Promise<void> {
  await db.updateTable("worker").set({ stopped_at: sql<Date>`now()` }).where("id", "=", workerId).execute();
}

export interface WorkerRow {
  id: string;
  machine_id: string;
  pid: number;
  heartbeat_at: Date;
  /** Whether its session still holds its advisory lock. */
  locked: boolean;
}

/** Workers that have not said good-bye, with the state of their lock. */
export async function openWorkers(db: Db): Promise<WorkerRow[]> {
  const found = await sql<WorkerRow>`
    SELECT w.id, w.machine_id, w.pid, w.heartbeat_at,
           EXISTS (
             SELECT 1 FROM pg_locks l
             WHERE l.locktype = 'advisory' AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
               AND l.classid = (w.lock_key >> 32)::int::oid AND l.objid = (w.lock_key & 4294967295)::bigint::oid) AS locked
    FROM worker w WHERE w.stopped_at IS NULL`.execute(db);
  return found.rows;
}

/** Whether others still count on the worker; it stays so until the transaction ends. */
export async function isOpen(tx: Tx, workerId: string): Promise<boolean> {
  const found = await sql`
    SELECT 1 FROM worker WHERE id = ${workerId} AND stopped_at IS NULL FOR SHARE`.execute(tx);
  return found.rows.length > 0;
}

/** Whose deployments pass to whom. */
export interface Inheritance {
  from: string;
  to: string;
  /** Machine of the heir: runners of another one are not its to end. */
  machineId: string;
  /** Deployments that `from` is known to be at work on. */
  except?: readonly string[];
}

/**
 * Takes a worker's deployments over: a new epoch and no token, so that
 * nothing that may still run of the old attempt can write.
 */
export async function takeOver(
  db: Db,
  { from, to, machineId, except = [] }: Inheritance,
): Promise<Abandoned[]> {
  const taken = await sql<{
    id: string;
    epoch: number;
    attempt: number;
    operation: Operation;
    update_id: string | null;
    cancelled: boolean;
    machine_id: string;
    runner_pid: number | null;
    runner_started: string | null;
  }>`
    UPDATE deployment d SET worker_id = ${to}, token_hash = NULL, epoch = epoch + 1
    FROM worker w
    WHERE w.id = d.worker_id AND d.worker_id = ${from} AND d.state = 'running' AND d.id <> ALL(${[...except]}::text[])
    RETURNING d.id, d.epoch, d.attempt, d.operation, d.update_id, d.cancel_requested_at IS NOT NULL AS cancelled, w.machine_id,
              d.runner_pid, d.runner_started`.execute(db);
  return taken.rows.map((row) => ({
    deploymentId: row.id,
    epoch: row.epoch,
    attempt: row.attempt,
    operation: row.operation,
    updateId: row.update_id,
    cancelRequested: row.cancelled,
    runner:
      row.machine_id === machineId && row.runner_pid
        ? runnerOf(row.runner_pid, row.runner_started)
        : undefined,
  }));
}

function runnerOf(pid: number, started: string | null): ProcessIdentity | undefined {
  const [bootId, startTime] = started?.split(" ") ?? [];
  return bootId && startTime ? { pid, bootId, startTime } : undefined;
}

/** Whether any project or environment has policies that are forced on it. */
export async function forcesPolicies(db: Db): Promise<boolean> {
  const forced = (table: "project" | "environment") =>
    db.selectFrom(table).select("id").where("policies", "is not", null);
  const found = await forced("project").union(forced("environment")).limit(1).execute();
  return found.length > 0;
}

export async function nextSlot(db: Db): Promise<number> {
  const { rows } = await sql<{ slot: string }>`SELECT nextval('runner_slot') AS slot`.execute(db);
  return Number(rows[0]?.slot);
}

/** Deployments of this worker that somebody wants ended. */
export async function cancelRequested(db: Db, workerId: string): Promise<string[]> {
  const rows = await db
    .selectFrom("deployment")
    .select("id")
    .where("worker_id", "=", workerId)
    .where("state", "=", "running")
    .where("cancel_requested_at", "is not", null)
    .execute();
  return rows.map(({ id }) => id);
}

/** Names for messages: `organization/project/stack`. */
export async function stackName(db: Db, deploymentId: string): Promise<string> {
  const row = await db
    .selectFrom("deployment as d")
    .innerJoin("stack as s", "s.id", "d.stack_id")
    .innerJoin("project as p", "p.id", "d.project_id")
    .innerJoin("organization as o", "o.id", "d.organization_id")
    .select(["o.name as organization", "p.name as project", "s.name as stack"])
    .where("d.id", "=", deploymentId)
    .executeTakeFirstOrThrow();
  return `${row.organization}/${row.project}/${row.stack}`;
}

/** Who asked for a deployment, and how it ended. */
export async function auditOf(tx: Tx, deploymentId: string) {
  return tx
    .selectFrom("deployment as d")
    .innerJoin("organization as o", "o.id", "d.organization_id")
    .select([
      "d.organization_id",
      "o.name as organization",
      "d.requester_id",
      "d.requester",
      "d.operation",
      "d.state",
      "d.request_id",
    ])
    .where("d.id", "=", deploymentId)
    .executeTakeFirstOrThrow();
}

export async function hasQueued(db: Db): Promise<boolean> {
  const row = await db
    .selectFrom("deployment")
    .select("id")
    .where("state", "=", "queued")
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
