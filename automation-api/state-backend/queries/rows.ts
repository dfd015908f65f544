import { type RawBuilder, sql } from "kysely";
import type { Db, Tx } from "../../db/transaction.ts";
import type { Fault } from "../integrity.ts";
import type {
  ActiveUpdate,
  StackRow,
  UpdateKind,
  UpdateRow,
  UpdateState,
  WireConfigValue,
} from "../store.ts";

interface StackColumns {
  id: string;
  name: string;
  project_id: string;
  project: string;
  organization_id: string;
  organization: string;
  tags: Record<string, string>;
  version: string;
  forced_on: string | null;
  active_id: string | null;
  active_kind: UpdateKind | null;
  active_requester: string | null;
  active_deployment_id: string | null;
  active_started_at: Date | null;
  active_is_live: boolean | null;
}

/** Stacks that are not deleted, with their names and the update that holds each. */
export async function selectStacks(db: Db | Tx, where: RawBuilder<unknown>): Promise<StackRow[]> {
  const found = await sql<StackColumns>`
    SELECT s.id, s.name, s.project_id, p.name AS project, p.organization_id, o.name AS organization,
           f.forced_on, s.tags, s.version,
           u.id AS active_id, u.kind AS active_kind, u.requester AS active_requester,
           u.deployment_id AS active_deployment_id, u.started_at AS active_started_at,
           u.state = 'running' AND u.lease_expires_at > clock_timestamp() AS active_is_live
    FROM stack s
    JOIN project p ON p.id = s.project_id
    JOIN organization o ON o.id = p.organization_id
    LEFT JOIN stack_update u ON u.id = s.active_update_id
    CROSS JOIN LATERAL (
      SELECT CASE
        WHEN NOT (p.policies->>'allowCommandLine')::boolean THEN 'project ' || p.name
        ELSE (
          SELECT min('environment ' || name) FROM environment
          WHERE organization_id = p.organization_id AND NOT (policies->>'allowCommandLine')::boolean
            AND is_in_environment(stacks, p.name, s.name))
        END AS forced_on) f
    WHERE s.deleted_at IS NULL AND ${where}`.execute(db);
  return found.rows.map((row) => ({
    id: row.id,
    name: row.name,
    projectId: row.project_id,
    project: row.project,
    organizationId: row.organization_id,
    organization: row.organization,
    forcedOn: row.forced_on,
    tags: row.tags,
    version: Number(row.version),
    active: activeOf(row),
  }));
}

function activeOf(row: StackColumns): ActiveUpdate | null {
  if (row.active_id === null) return null;
  return {
    id: row.active_id,
    kind: row.active_kind as UpdateKind,
    requester: row.active_requester as string,
    deploymentId: row.active_deployment_id,
    startedAt: row.active_started_at as Date,
    isLive: row.active_is_live as boolean,
  };
}

interface UpdateColumns {
  id: string;
  stack_id: string;
  organization_id: string;
  organization: string;
  requester_id: string;
  kind: UpdateKind;
  dry_run: boolean;
  state: UpdateState;
  version: string | null;
  requester: string;
  deployment_id: string | null;
  message: string;
  config: Record<string, WireConfigValue>;
  environment: Record<string, string>;
  resource_changes: Record<string, number> | null;
  resource_count: number | null;
  faults: Fault[];
  started_at: Date | null;
  ended_at: Date | null;
}

/** Updates with what their version holds. `rest` is everything after FROM: conditions, order, limit. */
export async function selectUpdates(db: Db | Tx, rest: RawBuilder<unknown>): Promise<UpdateRow[]> {
  const found = await sql<UpdateColumns>`
    SELECT u.id, u.stack_id, p.organization_id, o.name AS organization, u.requester_id, u.kind, u.dry_run, u.state, u.version, u.requester, u.deployment_id, u.message, u.config,
           u.environment, u.resource_changes, c.resource_count, u.faults, u.started_at, u.ended_at
    FROM stack_update u
    JOIN stack s ON s.id = u.stack_id
    JOIN project p ON p.id = s.project_id
    JOIN organization o ON o.id = p.organization_id
    LEFT JOIN checkpoint c ON c.stack_id = u.stack_id AND c.version = u.version
    ${rest}`.execute(db);
  return found.rows.map((row) => ({
    id: row.id,
    stackId: row.stack_id,
    organizationId: row.organization_id,
    organization: row.organization,
    requesterId: row.requester_id,
    kind: row.kind,
    dryRun: row.dry_run,
    state: row.state,
    version: row.version === null ? null : Number(row.version),
    requester: row.requester,
    deploymentId: row.deployment_id,
    message: row.message,
    config: row.config,
    environment: row.environment,
    resourceChanges: row.resource_changes,
    resourceCount: row.resource_count,
    faults: row.faults,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  }));
}
