import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { killOnAbort } from "./cancel.ts";
import { startGuard } from "./guardian.ts";
import { socketLauncher } from "./socket.ts";

export interface LaunchRequest {
  /** Program and arguments; never given to a shell. */
  command: string[];
  /** Absolute path of the working folder. */
  cwd: string;
  /** The whole environment; nothing is inherited. See `baseEnvironment`. */
  env: Record<string, string>;
  /** Written to the child's standard input, which is then closed. Default: closed at once. */
  stdin?: string | Buffer;
  /** A program ends with the process that started it, a service outlives it. Default: "program". */
  as?: "program" | "service";
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Child {
  /** Process id, equal to the process group's id. Undefined until started, or when the start failed. */
  readonly pid: number | undefined;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles when the child itself has ended; rejects when it could not be started. */
  readonly exited: Promise<Exit>;
  /** Sends a signal to the whole process group. A group that is gone is no error. */
  kill(signal: NodeJS.Signals): void;
}

/** Starts children: in this process's own rights, or through a privileged launcher under another user's. */
export interface Launcher {
  launch(request: LaunchRequest, signal?: AbortSignal): Child;
}

let chosen: Launcher | undefined;

/**
 * Starts a child in a session and process group of its own: the one way in which plugins start anything.
 * When `signal` aborts, the group gets SIGINT and shortly after SIGKILL, so a cancel ends within a second.
 */
export function launch(request: LaunchRequest, signal?: AbortSignal): Child {
  chosen ??= chooseLauncher(process.env.ROOST_LAUNCHER);
  return chosen.launch(request, signal);
}

/** A socket that cannot be reached fails the launch: this process's own rights are never fallen back to. */
function chooseLauncher(socket: string | undefined): Launcher {
  return socket ? socketLauncher(socket) : localLauncher;
}

/** Starts children as this process's own user. */
export const localLauncher: Launcher = {
  launch(request, signal) {
    const [program, ...rest] = request.command;
    if (program === undefined) throw new Error("launch: the command is empty");
    signal?.throwIfAborted();
    const guard = request.as === "service" ? undefined : startGuard();
    const child = spawn(program, rest, {
      cwd: request.cwd,
      env: request.env,
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    const group = child.pid;
    const forget = group !== undefined ? guard?.(group) : undefined;
    const kill = (name: NodeJS.Signals): void => killGroup(group, name);
    const exited = new Promise<Exit>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, name) => resolve({ code, signal: name }));
    }).finally(() => forget?.());
    // Whoever awaits the promise sees the error; nobody awaiting it must not end the process.
    exited.catch(() => undefined);
    // A child may close its input before reading all of it.
    child.stdin.on("error", () => undefined);
    child.stdin.end(request.stdin);
    if (signal) killOnAbort(signal, exited, kill);
    return { pid: group, stdout: child.stdout, stderr: child.stderr, exited, kill };
  },
};

function killGroup(group: number | undefined, signal: NodeJS.Signals): void {
  if (group === undefined) return;
  try {
    process.kill(-group, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
