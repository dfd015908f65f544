import type { ConfigValue, Operation } from "../engine/contract.ts";
import type { ProgramReference } from "../programs/contract.ts";
import type { ForcedPolicies } from "../projects/contract.ts";
import type { ConfigChange, OpenOperation } from "./contract.ts";

/** Attempts at most: what only reads may be tried more often than what changes the world. */
const attempts: Record<Operation, number> = { preview: 5, refresh: 5, update: 2, destroy: 2 };

/** Providers that can tell, after a crash, whether a create had happened: they find what they made by its name. */
const canLookUp = ({ type, urn }: OpenOperation) =>
  type.startsWith("roost:") || type.startsWith("pulumi:") || isHostAction.test(urn);
/** Of the stacks that the platform alone deploys: whoever asks the host for the same job gets to the same job. */
const isHostAction = /^urn:pulumi:[^:]+::hosts::command:remote:Command::/;

export type Recovery = { action: "requeue" } | { action: "cancel" } | { action: "fail"; error: string };

/**
 * What becomes of a deployment whose engine died.
 * @param attempt how often an engine was started for it.
 * @param open steps that were begun and never ended.
 */
export function recover(
  deployment: { operation: Operation; attempt: number; cancelRequested: boolean; stack: string },
  open: OpenOperation[],
): Recovery {
  if (deployment.cancelRequested) return { action: "cancel" };
  const unclear = open.filter((each) => !canLookUp(each));
  const changes = deployment.operation === "update" || deployment.operation === "destroy";
  if (changes && unclear.length > 0) return { action: "fail", error: interrupted(deployment.stack, unclear) };
  if (deployment.attempt >= attempts[deployment.operation]) {
    return {
      action: "fail",
      error: `The engine was ended ${deployment.attempt} times in this deployment; it is not tried again.`,
    };
  }
  return { action: "requeue" };
}

/** Each open step with the command that settles it. */
function interrupted(stack: string, open: OpenOperation[]): string {
  const lines = open.map((each) => `  ${each.operation} ${each.urn}\n    ${resolution(stack, each)}`);
  return `The engine was ended while ${open.length} step(s) were under way, and nobody can tell how they ended:\n${lines.join("\n")}`;
}

function resolution(stack: string, { operation, urn }: OpenOperation): string {
  if (operation === "creating") {
    return `If it exists: pulumi refresh --stack ${stack} --import-pending-creates '${urn}' --import-pending-creates ID; if not: pulumi refresh --stack ${stack} --clear-pending-creates`;
  }
  return `pulumi refresh --stack ${stack} --target '${urn}'`;
}

/** Whether a user's code will run for it: what that code can read must be of its own deployment alone. */
export function bringsCode(of: { program: ProgramReference; policies: ForcedPolicies | null }): boolean {
  return of.program.builtin === undefined || (of.policies?.packs ?? []).length > 0;
}

/** Lays a deployment's changes over the configuration that is stored. */
export function mergeConfig(
  stored: Record<string, ConfigValue>,
  patch: Record<string, ConfigChange>,
): Record<string, ConfigValue> {
  const merged = { ...stored };
  for (const [key, change] of Object.entries(patch)) {
    if (change === null) delete merged[key];
    else if ("ciphertext" in change) merged[key] = withObject({ secure: change.ciphertext }, change.object);
    else merged[key] = withObject({ value: change.value }, change.object);
  }
  return merged;
}

function withObject<T extends object>(value: T, object: boolean | undefined): T & { object?: boolean } {
  return object ? { ...value, object } : value;
}

/** The wire form of the Pulumi protocol, in which a stack's configuration is stored. */
export type StoredConfig = Record<string, { string: string; secret?: boolean; object?: boolean }>;

export function fromStored(stored: StoredConfig): Record<string, ConfigValue> {
  return Object.fromEntries(
    Object.entries(stored).map(([key, { string, secret, object }]) => [
      key,
      withObject(secret ? { secure: string } : { value: string }, object),
    ]),
  );
}

export function toStored(config: Record<string, ConfigValue>): StoredConfig {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      withObject(
        "secure" in value ? { string: value.secure, secret: true } : { string: value.value },
        value.object,
      ),
    ]),
  );
}

/**
 * Watches other workers' heartbeats by one's own clock: a worker counts as
 * dead when its heartbeat has not moved while this process could see the
 * database all the time. So neither clock skew nor a database restart kills anyone.
 */
export class HeartbeatWatch {
  readonly #seen = new Map<string, { beat: number; since: number }>();

  /**
   * Milliseconds for which each worker's heartbeat has stood still.
   * @param now of a monotonic clock.
   */
  observe(workers: { id: string; heartbeatAt: Date }[], now: number): Map<string, number> {
    const silent = new Map<string, number>();
    for (const { id, heartbeatAt } of workers) {
      const beat = heartbeatAt.getTime();
      const known = this.#seen.get(id);
      if (known?.beat !== beat) this.#seen.set(id, { beat, since: now });
      silent.set(id, known?.beat === beat ? now - known.since : 0);
    }
    const present = new Set(workers.map(({ id }) => id));
    for (const id of this.#seen.keys()) if (!present.has(id)) this.#seen.delete(id);
    return silent;
  }

  /** Forgets everything: after the database was away, everyone's silence begins anew. */
  reset(): void {
    this.#seen.clear();
  }
}
