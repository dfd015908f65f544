import { authorize, may } from "../access/authorize.ts";
import type { Permission, Principal } from "../access/permissions.ts";
import { notFound, RoostError } from "../errors.ts";
import type { StackCipher } from "./encryption.ts";
import type { ActiveUpdate, ImportOutcome, StackRow, StartOutcome, StateStore, UpdateRow } from "./store.ts";

/** What the state backend is made of. */
export interface Parts {
  store: StateStore;
  cipher: StackCipher;
  /** Life of a lease without renewal; the pulumi command renews a 300 s lease every 187 s. */
  leaseSeconds: number;
  /** Ends the deployment that an update belongs to, when a person cancels that update. */
  cancelDeployment?: (principal: Principal, deploymentId: string, requestId?: string) => Promise<void>;
}

/** A stack of the principal's organization. */
export interface Names {
  project: string;
  stack: string;
}

/**
 * The stack, if the principal may do this to it.
 * @throws not_found when it cannot even see it, forbidden when it can.
 */
export async function stackFor(
  { store }: Parts,
  principal: Principal,
  names: Names,
  permission: Permission,
): Promise<StackRow> {
  const stack = await store.findStack(principal.organizationId, names.project, names.stack);
  const scope = stack && { projectId: stack.projectId, stackId: stack.id };
  if (!stack || !may(principal, "stack:read", scope))
    throw notFound("Stack", `${names.project}/${names.stack}`);
  authorize(principal, permission, scope);
  return stack;
}

/** Says who holds the stack, for a person whose command was refused. */
export function conflict(outcome: Extract<StartOutcome, { kind: "busy" | "busyDeployment" }>): RoostError {
  if (outcome.kind === "busyDeployment") {
    return new RoostError(
      "conflict",
      `Conflict: the deployment ${outcome.deploymentId} of ${outcome.requester} is running on this stack.`,
    );
  }
  const { active } = outcome;
  return new RoostError(
    "conflict",
    `Conflict: ${holder(active)} on this stack since ${active.startedAt.toISOString()}.`,
  );
}

function holder({ deploymentId, requester, kind, id }: ActiveUpdate): string {
  if (deploymentId) return `the deployment ${deploymentId} of ${requester} runs the ${kind} ${id}`;
  return `${requester} runs the ${kind} ${id}`;
}

/** Who began an update, for audit rows of what happens to it later without a login. */
export function beginnerOf(update: UpdateRow): Principal {
  const base = {
    accountId: update.requesterId,
    name: update.requester,
    organizationId: update.organizationId,
    organizationName: update.organization,
    bindings: [],
  };
  if (update.deploymentId === null) return { ...base, kind: "account", tokenId: "", scopes: [] };
  return {
    ...base,
    kind: "deployment",
    deploymentId: update.deploymentId,
    stackId: update.stackId,
    epoch: 0,
  };
}

/**
 * Does something that needs the stack to be free; an update whose lease is
 * over is settled first, since nobody else will do it.
 */
export async function whenFree<T extends ImportOutcome | StartOutcome | { kind: string }>(
  attempt: () => Promise<T>,
  settleOrphan: (updateId: string) => Promise<void>,
): Promise<Exclude<T, { kind: "orphan" | "busy" }>> {
  for (;;) {
    const outcome = await attempt();
    if (outcome.kind === "busy") throw conflict(outcome as unknown as { kind: "busy"; active: ActiveUpdate });
    if (outcome.kind !== "orphan") return outcome as Exclude<T, { kind: "orphan" | "busy" }>;
    await settleOrphan((outcome as unknown as { updateId: string }).updateId);
  }
}
