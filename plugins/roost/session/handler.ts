import { type Properties, type ResourceHandler, secret } from "../../provider/index.ts";
import type { RoostConfig } from "../config.ts";
import type { SessionTarget, SessionTargets, SessionWorkload, StartBatch, TargetName } from "./target.ts";

/** Tells at once what should take milliseconds: the target accepts a start, or does not. */
const acceptSeconds = 10;

interface SessionInputs {
  target: TargetName;
  session: string;
  workload: SessionWorkload;
  secretEnvironment?: Record<string, string>;
  batch?: StartBatch;
}

/**
 * One user's session, or one that waits for a user. Creating returns as soon as the target has accepted the start:
 * who waits until it is ready would hold up all others of the update.
 */
export const sessionHandler: ResourceHandler = {
  check(_context, { inputs }) {
    const { target, session, workload, secretEnvironment } = inputs;
    const failures = [
      ...(["process", "docker", "ecs"].includes(target as string)
        ? []
        : [{ property: "target", reason: "must be process, docker or ecs" }]),
      ...(/^ses_[0-9a-z]{26}$/.test(String(session))
        ? []
        : [{ property: "session", reason: "must be the id of a session" }]),
      ...(typeof workload === "object" && workload !== null
        ? []
        : [{ property: "workload", reason: "is required" }]),
    ];
    return {
      inputs: secretEnvironment ? { ...inputs, secretEnvironment: secret(secretEnvironment) } : inputs,
      failures,
    };
  },

  // What a session was started from never changes under its user.
  diff: () => ({ changes: {} }),

  async create(context, { inputs }) {
    const { target, session, workload, secretEnvironment = {}, batch } = inputs as unknown as SessionInputs;
    const signal = AbortSignal.any([context.signal, AbortSignal.timeout(acceptSeconds * 1000)]);
    const intent = { id: session, urn: context.urn, workload, secretEnvironment, batch };
    await targetOf(context.config, target).start(intent, signal);
    return { id: session, state: inputs };
  },

  async read(context, { id, state, inputs }) {
    const target = targetOf(context.config, (state.target ?? inputs.target) as TargetName);
    const found = await target.find(id, (state.batch ?? inputs.batch) as StartBatch | undefined);
    return found && { id, state };
  },

  async delete(context, { id, state }: { id: string; state: Properties }) {
    await targetOf(context.config, state.target as TargetName).stop(
      id,
      context.signal,
      state.batch as StartBatch | undefined,
    );
  },
};

function targetOf(config: unknown, name: TargetName): SessionTarget {
  const targets: SessionTargets = (config as RoostConfig).sessions;
  const target = targets[name];
  if (target === undefined) throw new Error(`Sessions cannot run on the target ${name} here.`);
  return target;
}
