import type { FoundResource, StackResource, StackSummary, Update } from "./contract.ts";
import type { ResourceRow, StackRow, UpdateRow } from "./queries.ts";

export function viewUpdate(row: UpdateRow): Update {
  return {
    id: row.id,
    kind: row.kind,
    state: row.state,
    version: row.version === null ? null : Number(row.version),
    requester: row.requester,
    message: row.message,
    deployment: row.deployment_id,
    changes: row.resource_changes ?? {},
    startedAt: time(row.started_at),
    endedAt: time(row.ended_at),
  };
}

export function viewStack(row: StackRow): StackSummary {
  return {
    project: row.project,
    stack: row.stack,
    version: Number(row.version),
    resources: row.resources,
    lastUpdate: row.last_update && viewUpdate(row.last_update),
    running: row.running,
    queued: row.queued,
    createdAt: row.created_at.toISOString(),
    deletedAt: time(row.deleted_at),
  };
}

/** The stored configuration; of a secret value nothing but that it is one. */
export function viewConfig(config: StackRow["config"]): Record<string, { value: string } | { secret: true }> {
  return Object.fromEntries(
    Object.entries(config).map(([key, { string, secret }]) => [
      key,
      secret ? { secret: true } : { value: string },
    ]),
  );
}

export function viewResource(row: ResourceRow): StackResource {
  return { urn: row.urn, type: row.type, name: row.name, id: row.custom_id, parent: row.parent_urn };
}

export function viewFound(row: ResourceRow): FoundResource {
  return { ...viewResource(row), project: row.project, stack: row.stack };
}

/** Times inside JSON that the database made are text. */
function time(value: Date | string | null): string | null {
  return value === null ? null : new Date(value).toISOString();
}
