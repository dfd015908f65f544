import type { Parts } from "./backend.ts";
import { secretActions } from "./secrets.ts";
import { stackActions } from "./stacks.ts";
import { stateActions } from "./states.ts";
import type { RetentionLimits } from "./store.ts";
import { updateActions } from "./updates.ts";

export type { Names, Parts } from "./backend.ts";
export { createStackCipher, type StackCipher } from "./encryption.ts";
export { createPostgresStore } from "./queries.ts";
export type { StateStore } from "./store.ts";
export type { OpenOperation } from "./updates.ts";

/** The Pulumi state backend: every action authorizes the principal that it is given. */
export function createStateBackend(parts: Parts) {
  return {
    ...stackActions(parts),
    ...updateActions(parts),
    ...stateActions(parts),
    ...secretActions(parts),
    /** Bounds what is kept; for a job. */
    retain: (limits: RetentionLimits) => parts.store.retain(limits),
  };
}

export type StateBackend = ReturnType<typeof createStateBackend>;

/**
 * Settles updates whose lease is over, at once and then every `everyMs`.
 * @returns the function that ends it, when no round is under way any more.
 */
export function watchLeases(
  backend: Pick<StateBackend, "settleOrphans">,
  everyMs: number,
  onError: (error: unknown) => void,
): () => Promise<void> {
  let round = Promise.resolve();
  const look = () => {
    round = round.then(() => backend.settleOrphans()).then(() => undefined, onError);
  };
  look();
  const timer = setInterval(look, everyMs).unref();
  return async () => {
    clearInterval(timer);
    await round;
  };
}
