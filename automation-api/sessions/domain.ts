import type { SessionState } from "./contract.ts";

/** What happens to a session. */
export type SessionEvent = "launch" | "warm" | "claim" | "serve" | "stop" | "gone" | "fail";

/** Every change of state that there is; what is not here cannot happen. */
export const transitions: Record<SessionState, Partial<Record<SessionEvent, SessionState>>> = {
  // One that no program has held yet has nothing to stop.
  requested: { launch: "starting", stop: "stopped", fail: "failed" },
  // Ready for nobody yet: warm. Ready for the user who waits for it: active.
  starting: { warm: "warm", serve: "active", stop: "stopping", fail: "failed" },
  warm: { claim: "active", stop: "stopping", fail: "failed" },
  active: { stop: "stopping", fail: "failed" },
  stopping: { gone: "stopped", fail: "failed" },
  stopped: {},
  failed: {},
};

/** States in which `event` may happen: what the UPDATE's WHERE says. */
export function statesBefore(event: SessionEvent): SessionState[] {
  const states = Object.keys(transitions) as SessionState[];
  return states.filter((state) => transitions[state][event] !== undefined);
}

/** The state that `event` leads to, or undefined when it cannot happen in `state`. */
export function next(state: SessionState, event: SessionEvent): SessionState | undefined {
  return transitions[state][event];
}

/** States of sessions that are, or will be, resources of their shard's program. */
export const programStates = ["requested", "starting", "warm", "active"] as const satisfies SessionState[];

/** States that count against quotas and pools: what is stopping still has its place. */
export const liveStates = [...programStates, "stopping"] as const satisfies SessionState[];

/** Before a template has had enough starts to tell. */
export const unknownStartSeconds = { process: 3, docker: 10, ecs: 60 } as const;

export interface Waiting {
  /** Users of the template who have waited longer and have no session yet. */
  ahead: number;
  /** Seconds since it was asked for, or, where starts are limited, since its own was made. */
  waitedSeconds: number;
  /** What a start takes here: of nine in ten starts. Null: unknown yet. */
  startSeconds: number | null;
  /** Where starts are limited and this one was not made yet; null: it was, or there is no limit. */
  launch: {
    /** Starts that the target takes by the second. */
    perSecond: number;
    /** That it takes now; below zero: so many are on their way. */
    left: number;
    /** Users of the target whose starts come first. */
    ahead: number;
  } | null;
  target: keyof typeof unknownStartSeconds;
}

/** Where a waiting user is in the line (1: next), and in how many seconds the session should be ready. */
export function estimate(waiting: Waiting): { position: number; seconds: number } {
  const { ahead, waitedSeconds, startSeconds, launch, target } = waiting;
  const start = startSeconds ?? unknownStartSeconds[target];
  const seconds =
    launch === null
      ? start - waitedSeconds
      : Math.max(0, launch.ahead + 1 - launch.left) / launch.perSecond + start;
  return { position: ahead + 1, seconds: Math.max(1, Math.ceil(seconds)) };
}

/**
 * The label of a session in its own host name: `ses_01…` as `ses-01…`, since names of hosts hold no underscore.
 * The id is random, so that nobody's name leads to somebody's session.
 */
export function hostLabel(sessionId: string): string {
  return sessionId.replace("_", "-");
}

/** The session that a host name's first label names; undefined when it names none. */
export function sessionOfLabel(label: string): string | undefined {
  return /^ses-[0-9a-z]{26}$/.test(label) ? label.replace("-", "_") : undefined;
}
