import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { Readable, type Stream, type Writable } from "node:stream";
import { killOnAbort } from "./cancel.ts";
import { findProgram, foldersOf } from "./find-program.ts";
import type { Role } from "./frames.ts";
import { guard } from "./guardian.ts";
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
  /** Becomes the child's standard input and output, in place of `stdin` and `stdout`, and is the child's alone. */
  socket?: Socket;
  /** A program ends with the process that started it, a service outlives it. Default: "program". */
  as?: "program" | "service";
  /** With whose rights, where a launcher keeps users apart. Default: those of the launcher's role. */
  role?: Role;
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
    if (request.command.length === 0) throw new Error("launch: the command is empty");
    signal?.throwIfAborted();
    const child = request.as === "service" ? start(request) : startGuarded(request);
    const group = child.pid;
    const kill = (name: NodeJS.Signals): void => killGroup(group, name);
    const exited = new Promise<Exit>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, name) => resolve({ code, signal: name }));
    });
    // Whoever awaits the promise sees the error; nobody awaiting it must not end the process.
    exited.catch(() => undefined);
    // A child may close its input before reading all of it.
    child.stdin?.on("error", () => undefined).end(request.stdin);
    request.socket?.destroy();
    if (signal) killOnAbort(signal, exited, kill);
    return { pid: group, stdout: child.stdout ?? Readable.from([]), stderr: child.stderr, exited, kill };
  },
};

type Started = ChildProcessByStdio<Writable | null, Readable | null, Readable>;

function start({ command: [program = "", ...args], cwd, env, socket }: LaunchRequest): Started {
  return spawn(program, args, { cwd, env, detached: true, stdio: [...inAndOut(socket), "pipe"] }) as Started;
}

function inAndOut(socket: Socket | undefined): [Stream | "pipe", Stream | "pipe"] {
  return [socket ?? "pipe", socket ?? "pipe"];
}

/** Waits for a line on descriptor 3, and becomes its arguments; where the line never comes, its starter is dead. */
const gate = ["/bin/sh", "-c", 'read -r go <&3 || exit 1; exec 3<&-; exec "$@"', "gate"];

/** The child does nothing before the guardian knows of it: killed at any moment, this process leaves none behind. */
function startGuarded(request: LaunchRequest): Started {
  const { command, cwd, env, socket } = request;
  const path = programPath(command[0] as string, request);
  // Spawning what is not there makes the error that callers know.
  if (path === undefined) return start(request);
  const [shell, ...script] = gate as [string, ...string[]];
  const child = spawn(shell, [...script, path, ...command.slice(1)], {
    cwd,
    env,
    detached: true,
    stdio: [...inAndOut(socket), "pipe", "pipe"],
  });
  if (child.pid !== undefined) child.once("exit", guard(child.pid));
  const opener = child.stdio[3] as Writable;
  opener.on("error", () => undefined);
  opener.end("go\n");
  return child as Started;
}

function programPath(program: string, { cwd, env }: LaunchRequest): string | undefined {
  const folders = program.includes("/") ? [""] : foldersOf(env.PATH ?? "/usr/bin:/bin");
  return findProgram(program, folders, cwd);
}

function killGroup(group: number | undefined, signal: NodeJS.Signals): void {
  if (group === undefined) return;
  try {
    process.kill(-group, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
