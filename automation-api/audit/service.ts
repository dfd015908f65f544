import type { Principal } from "../access/permissions.ts";
import type { Tx } from "../db/transaction.ts";
import { insertRow } from "./queries.ts";

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
  await insertRow(tx, {
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
