import type { RunnerUsers } from "./launcher-users.ts";

/** A runner for which children are started. */
export interface OpenRunner {
  /** Path of the Unix socket; only the runner's user and the superuser can connect to it. */
  socket: string;
  users: RunnerUsers;
  /** The runner's own folder. A program that was given it as a home gets `programHome`. */
  home: string;
  programHome: string;
}

/** From the worker to the launcher. */
export type ToLauncher =
  | { kind: "open"; request: number; runner: OpenRunner }
  | { kind: "close"; request: number; socket: string };

/** From the launcher to the worker. `ready` comes once, an answer for each request. */
export type FromLauncher = { kind: "ready" } | { kind: "done"; request: number; error?: string };
