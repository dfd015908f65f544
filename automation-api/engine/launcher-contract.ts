import type { RunnerUsers } from "./launcher-users.ts";

/** A runner for which children are started. */
export interface OpenRunner {
  /**
   * Unix sockets, each open to one user: the runner can have the engine, policy packs and
   * programs started, the engine (its language host, that is) programs only.
   */
  sockets: { runner: string; engine: string };
  users: RunnerUsers;
  /** Private folders. A program or a pack that is given one of the first two as its own gets one of the others. */
  homes: { runner: string; engine: string; program: string; policy: string };
}

/** From the worker to the launcher. */
export type ToLauncher =
  | { kind: "open"; request: number; runner: OpenRunner }
  | { kind: "close"; request: number; runner: OpenRunner };

/** From the launcher to the worker. `ready` comes once, an answer for each request. */
export type FromLauncher = { kind: "ready" } | { kind: "done"; request: number; error?: string };
