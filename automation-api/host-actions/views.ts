import type { DeploymentState } from "../deployments/contract.ts";
import type { HostAction } from "./contract.ts";
import { stateOf } from "./domain.ts";
import type { ActionRow } from "./queries.ts";

export function stateOfRow(row: ActionRow, now = new Date()): HostAction["state"] {
  return stateOf(
    {
      apply: row.apply_state,
      confirmation: row.confirmation_state,
      undo: row.undo_state,
      confirmSeconds: row.confirm_seconds,
      endedAt: row.apply_ended_at,
      isReverted: row.apply_reverted ?? false,
    },
    now,
  );
}

export function viewAction(row: ActionRow): HostAction {
  const run = (id: string | null, state: DeploymentState | null, error: string | null) =>
    id && state ? { id, state, error } : null;
  const state = stateOfRow(row);
  const started = row.apply_started_at;
  const isAwaited = (state === "unconfirmed" || state === "confirming") && started !== null;
  return {
    id: row.id,
    kind: row.kind,
    title: row.title,
    request: row.request as HostAction["request"],
    host: { id: row.host_id, name: row.host_name },
    state,
    planHash: row.plan_hash,
    summary: row.summary as HostAction["summary"],
    confirmSeconds: row.confirm_seconds,
    // The host's clock began to run after the deployment did.
    confirmBefore: isAwaited ? new Date(started.getTime() + row.confirm_seconds * 1000).toISOString() : null,
    progress: null,
    deployment: run(row.deployment_id, row.apply_state, row.apply_error),
    confirmation: run(row.confirm_deployment_id, row.confirmation_state, row.confirmation_error),
    undo: run(row.undo_deployment_id, row.undo_state, row.undo_error),
    requester: row.requester,
    createdAt: row.created_at.toISOString(),
  };
}
