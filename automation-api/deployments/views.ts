import { mask, maskOutputs } from "../projects/service.ts";
import type { Deployment, DeploymentSummary } from "./contract.ts";
import { waitingFor } from "./domain.ts";
import type { DeploymentRow } from "./queries.ts";

export function viewSummary(row: DeploymentRow): DeploymentSummary {
  return {
    id: row.id,
    state: row.state,
    project: row.project,
    stack: row.stack,
    operation: row.operation,
    position: row.position,
    waitingFor: waitingFor(row),
    program: row.program,
    message: row.message,
    requester: { id: row.requester_id, name: row.requester },
    version: row.version === null ? null : Number(row.version),
    changes: row.changes ?? {},
    error: row.error,
    attempt: row.attempt,
    cancelRequested: row.cancel_requested_at && {
      at: row.cancel_requested_at.toISOString(),
      by: row.cancel_requested_by,
    },
    createdAt: row.created_at.toISOString(),
    startedAt: row.started_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
  };
}

export function viewDeployment(row: DeploymentRow): Deployment {
  return {
    ...viewSummary(row),
    options: row.options,
    outputs: maskOutputs(row.outputs),
    diagnostics: mask(row.diagnostics) as Deployment["diagnostics"],
    timings: row.timings,
    updateId: row.update_id,
    cost: row.cost,
  };
}
