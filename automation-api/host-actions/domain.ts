import { type Action, type Change, freedBytes } from "../../host-provisioning/undo/index.ts";
import type { DeploymentState } from "../deployments/contract.ts";
import type { MeasuredChange } from "../hosts/service.ts";
import type { ActionKind, HostAction, PathChange, Summary } from "./contract.ts";

/** What a row keeps of a preview. */
export interface StoredPlan {
  action: Action;
  changes: PathChange[];
  /** Of its kind. */
  detail: unknown;
  /** How it is measured once it is applied; absent: it is not. */
  benchmark?: MeasuredChange;
}

/** Pure. */
export function summarize(changes: Change[], packages: number): Summary {
  const count = (kind: string) => changes.filter((change) => change.kind === kind).length;
  const { apparentBytes, allocatedBytes } = freedBytes(changes);
  return {
    packages,
    removed: count("removed"),
    changed: count("changed"),
    created: count("created"),
    freedBytes: apparentBytes,
    freedAllocatedBytes: allocatedBytes,
  };
}

export interface Runs {
  apply: DeploymentState | null;
  confirmation: DeploymentState | null;
  undo: DeploymentState | null;
  confirmSeconds: number;
  /** When the change had ended; null before. */
  endedAt: Date | null;
  /** Its own deployment took it back, since a benchmark found it worse. */
  isReverted: boolean;
}

const isUnderWay = (state: DeploymentState | null) => state === "queued" || state === "running";

/** Where an action is, by its deployments and the time. Pure. */
export function stateOf(
  { apply, confirmation, undo, confirmSeconds, endedAt, isReverted }: Runs,
  now: Date,
): HostAction["state"] {
  if (undo === "succeeded") return "undone";
  if (isUnderWay(undo)) return "undoing";
  if (apply === null) return "planned";
  if (isUnderWay(apply)) return "applying";
  if (apply !== "succeeded") return "failed";
  if (isReverted) return "undone";
  if (confirmSeconds === 0 || confirmation === "succeeded") return "applied";
  if (isUnderWay(confirmation)) return "confirming";
  // The host's own clock began to run before the change had ended.
  const last = endedAt === null ? Number.POSITIVE_INFINITY : endedAt.getTime() + confirmSeconds * 1000;
  return now.getTime() > last ? "lapsed" : "unconfirmed";
}

/**
 * The key that a host shows from now on, by what its script replied: of the kind of the one that it is pinned to where
 * it has one. Undefined: no key is another one. Pure.
 */
export function newHostKey(reply: unknown, pinned: string): string | undefined {
  const lines = typeof reply === "string" ? reply.split("\n") : [];
  const keys = lines.flatMap((line) => /^host-key ([a-z0-9-]+ [A-Za-z0-9+/]+={0,2})$/.exec(line)?.[1] ?? []);
  const kindOf = (key: string) => key.split(" ")[0];
  return (
    keys.find((key) => kindOf(key) === kindOf(pinned)) ??
    keys.find((key) => key.startsWith("ssh-ed25519 ")) ??
    keys[0]
  );
}

/** How far a job is, by what its host says of its record. Pure. */
export function progressOf(status: string): HostAction["progress"] {
  const [, state = "", step, steps] = /^state (\w+)(?: (\d+)\/(\d+))?$/m.exec(status) ?? [];
  if (state === "") return null;
  return {
    state,
    step: step === undefined ? null : Number(step),
    steps: steps === undefined ? null : Number(steps),
  };
}

/** Whether the host shows other keys than before once it is done. Pure. */
export function renewsHostKeys({ steps }: Action): boolean {
  return steps.some(([name]) => name === "renew_host_keys");
}

/** States in which there is something on the host to take back. */
export const revertible: readonly HostAction["state"][] = ["applied", "failed", "unconfirmed", "lapsed"];

/** States in which what was asked for is on the host. */
export const standing: readonly HostAction["state"][] = ["applied", "unconfirmed", "confirming"];
/** States of what was on the host at some time. */
export const carriedOut: readonly HostAction["state"][] = [...standing, "undoing", "undone", "lapsed"];

/** Words that nobody types by accident, and that fit this plan of this host alone. Pure. */
export function confirmation(kind: ActionKind, hostName: string, planHash: string): string {
  return `${kind} ${hostName} ${planHash.slice(0, 12)}`;
}
