import { type Insertable, sql } from "kysely";
import type { Schema } from "../db/schema.ts";
import type { Db, Tx } from "../db/transaction.ts";
import type { ProgramReference } from "../programs/contract.ts";
import type { ConfigPatch, StoredConfig } from "./configuration.ts";
import type { Deployment, DeploymentOptions, DeploymentState, Operation } from "./contract.ts";
import { statesBefore } from "./domain.ts";

/**
 * Locks the stack's row until the transaction ends, so that deployments of one
 * stack get their places in the order of commit; undefined when it was deleted meanwhile.
 */
export async function lockStack(tx: Tx, stackId: string): Promise<{ config: StoredConfig } | undefined> {
  return tx
    .selectFrom("stack")
    .select("config")
    .where("id", "=", stackId)
    .where("deleted_at", "is", null)
    .forUpdate()
    .executeTakeFirst();
}

/** Configuration changes that will be stored before a new deployment starts, in their order. */
export async function queuedPatches(tx: Tx, stackId: string): Promise<ConfigPatch[]> {
  const rows = await tx
    .selectFrom("deployment")
    .select("config_patch")
    .where("stack_id", "=", stackId)
    .where("state", "=", "queued")
    .where("operation", "!=", "preview")
    .orderBy("sequence")
    .execute();
  return rows.map(({ config_patch }) => config_patch as ConfigPatch);
}

/** The program of the stack's newest deployment. */
export async function lastProgram(tx: Tx, stackId: string): Promise<ProgramReference | undefined> {
  const row = await tx
    .selectFrom("deployment")
    .select("program")
    .where("stack_id", "=", stackId)
    .orderBy("sequence", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.program as ProgramReference | undefined;
}

export async function insertDeployment(tx: Tx, row: Insertable<Schema["deployment"]>): Promise<void> {
  await tx.insertInto("deployment").values(row).execute();
}

/** A deployment as the API shows it, before secrets are masked. */
export interface DeploymentRow {
  id: string;
  sequence: string;
  organization_id: string;
  project_id: string;
  stack_id: string;
  state: DeploymentState;
  project: string;
  stack: string;
  operation: Operation;
  program: ProgramReference;
  options: DeploymentOptions;
  message: string;
  requester_id: string;
  requester: string;
  version: string | null;
  changes: Record<string, number> | null;
  outputs: unknown;
  diagnostics: Deployment["diagnostics"];
  cost: Deployment["cost"];
  error: string | null;
  timings: Record<string, number>;
  attempt: number;
  update_id: string | null;
  cancel_requested_at: Date | null;
  cancel_requested_by: string | null;
  created_at: Date;
  started_at: Date | null;
  ended_at: Date | null;
  /** Deployments of the stack before it, and the nearest of them. */
  position: number;
  before: string | null;
  /** Whoever holds the stack by the pulumi command. */
  person: { name: string; kind: string } | null;
}

export interface DeploymentFilter {
  organizationId: string;
  /** null: all of the organization. */
  projects: string[] | null;
  id?: string;
  project?: string;
  stack?: string;
  state?: DeploymentState;
  operation?: Operation;
  /** Older than this one. */
  below?: string;
  limit: number;
}

/** Newest first. */
export async function listDeployments(db: Db | Tx, filter: DeploymentFilter): Promise<DeploymentRow[]> {
  const conditions = [sql`d.organization_id = ${filter.organizationId}`];
  if (filter.projects) conditions.push(sql`d.project_id = ANY(${filter.projects}::text[])`);
  if (filter.id) conditions.push(sql`d.id = ${filter.id}`);
  if (filter.project) conditions.push(sql`p.name = ${filter.project}`);
  if (filter.stack) conditions.push(sql`s.name = ${filter.stack}`);
  if (filter.state) conditions.push(sql`d.state = ${filter.state}`);
  if (filter.operation) conditions.push(sql`d.operation = ${filter.operation}`);
  if (filter.below) conditions.push(sql`d.sequence < ${filter.below}::bigint`);
  const { rows } = await sql<DeploymentRow>`
    SELECT d.id, d.sequence, d.organization_id, d.project_id, d.stack_id, d.state, p.name AS project,
           s.name AS stack, d.operation, d.program, d.options, d.message, d.requester_id, d.requester,
           d.version, d.changes, d.outputs, d.diagnostics, d.error, d.cost, d.timings, d.attempt, d.update_id,
           d.cancel_requested_at, d.cancel_requested_by, d.created_at, d.started_at, d.ended_at,
           coalesce(ahead.position, 0)::int AS position, ahead.before,
           CASE WHEN u.id IS NOT NULL THEN json_build_object('name', u.requester, 'kind', u.kind) END AS person
    FROM deployment d
    JOIN stack s ON s.id = d.stack_id
    JOIN project p ON p.id = d.project_id
    LEFT JOIN stack_update u
      ON u.id = s.active_update_id AND u.deployment_id IS NULL AND u.state = 'running' AND u.lease_expires_at > now()
    LEFT JOIN LATERAL (
      SELECT count(*) AS position, (array_agg(o.id ORDER BY o.sequence DESC))[1] AS before
      FROM deployment o
      WHERE d.state = 'queued' AND o.stack_id = d.stack_id AND o.state IN ('queued', 'running')
        AND o.sequence < d.sequence
    ) ahead ON true
    WHERE ${sql.join(conditions, sql` AND `)}
    ORDER BY d.sequence DESC
    LIMIT ${filter.limit}`.execute(db);
  return rows;
}

/** The state, locked until the transaction ends. */
export async function lockDeployment(tx: Tx, id: string) {
  return tx
    .selectFrom("deployment")
    .select(["id", "state", "organization_id", "project_id", "ended_at", "cancel_requested_at"])
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
}

/** Ends a deployment that no worker has; false when one has it by now. */
export async function cancelQueued(tx: Tx, id: string, by: string): Promise<boolean> {
  const states = statesBefore("cancel").filter((state) => state !== "running");
  const result = await tx
    .updateTable("deployment")
    .set({
      state: "cancelled",
      ended_at: sql<Date>`now()`,
      cancel_requested_at: sql<Date>`now()`,
      cancel_requested_by: by,
    })
    .where("id", "=", id)
    .where("state", "in", states)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Asks the worker to end it; false when that was asked before. */
export async function requestCancel(tx: Tx, id: string, by: string): Promise<boolean> {
  const result = await tx
    .updateTable("deployment")
    .set({ cancel_requested_at: sql<Date>`now()`, cancel_requested_by: by })
    .where("id", "=", id)
    .where("state", "=", "running")
    .where("cancel_requested_at", "is", null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}
