import type { DeploymentState, WaitingFor } from "./contract.ts";

/** What happens to a deployment. */
export type DeploymentEvent = "start" | "requeue" | "succeed" | "fail" | "cancel";

/** Every change of state that there is; what is not here cannot happen. */
export const transitions: Record<DeploymentState, Partial<Record<DeploymentEvent, DeploymentState>>> = {
  queued: { start: "running", cancel: "cancelled" },
  running: { requeue: "queued", succeed: "succeeded", fail: "failed", cancel: "cancelled" },
  succeeded: {},
  failed: {},
  cancelled: {},
};

/** States in which `event` may happen: what the UPDATE's WHERE says. */
export function statesBefore(event: DeploymentEvent): DeploymentState[] {
  const states = Object.keys(transitions) as DeploymentState[];
  return states.filter((state) => transitions[state][event] !== undefined);
}

/** The state that `event` leads to, or undefined when it cannot happen in `state`. */
export function next(state: DeploymentState, event: DeploymentEvent): DeploymentState | undefined {
  return transitions[state][event];
}

export function isFinished(state: DeploymentState): boolean {
  return Object.keys(transitions[state]).length === 0;
}

/** What somebody at a terminal runs, by the kind of update that the backend sees. */
const commands: Record<string, string> = {
  preview: "pulumi preview",
  update: "pulumi up",
  refresh: "pulumi refresh",
  destroy: "pulumi destroy",
  import: "pulumi stack import",
};

/**
 * What a queued deployment waits for: the deployment right before it, else a
 * person's update that holds the stack. Null: only for a worker.
 */
export function waitingFor(row: {
  state: DeploymentState;
  before: string | null;
  person: { name: string; kind: string } | null;
}): WaitingFor | null {
  if (row.state !== "queued") return null;
  if (row.before !== null) return { kind: "deployment", id: row.before };
  if (row.person === null) return null;
  return {
    kind: "person",
    name: row.person.name,
    command: commands[row.person.kind] ?? `pulumi ${row.person.kind}`,
  };
}
