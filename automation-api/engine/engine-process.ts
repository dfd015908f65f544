import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { type Exit, socketLauncher } from "../../plugins/process/index.ts";

export interface EngineStart {
  command: string[];
  cwd: string;
  env: Record<string, string>;
}

export interface EngineProcess {
  readonly pid: number | undefined;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles when it has ended and all that it wrote was read; rejects when it could not be started. */
  readonly ended: Promise<Exit>;
  /** SIGINT asks it to cancel what it does. */
  kill(signal: "SIGINT" | "SIGKILL"): void;
}

/**
 * Starts the engine: under a user of its own by this runner's launcher, where
 * there is one; else as a child in this runner's process group.
 */
export function startEngine(start: EngineStart, launcher = process.env.ROOST_LAUNCHER): EngineProcess {
  return launcher ? startApart(launcher, start) : startHere(start);
}

function startApart(launcher: string, start: EngineStart): EngineProcess {
  const child = socketLauncher(launcher, "engine").launch(start);
  return {
    get pid() {
      return child.pid;
    },
    stdout: child.stdout,
    stderr: child.stderr,
    ended: child.exited.then(async (exit) => {
      await Promise.allSettled([finished(child.stdout), finished(child.stderr)]);
      return exit;
    }),
    kill: (signal) => child.kill(signal),
  };
}

function startHere({ command, cwd, env }: EngineStart): EngineProcess {
  const [program, ...rest] = command as [string, ...string[]];
  const child = spawn(program, rest, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  return {
    pid: child.pid,
    stdout: child.stdout,
    stderr: child.stderr,
    ended: new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => resolve({ code, signal }));
    }),
    kill: (signal) => child.kill(signal),
  };
}
