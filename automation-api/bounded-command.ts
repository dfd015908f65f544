import type { Readable } from "node:stream";
import { type LaunchRequest, launch } from "../plugins/process/index.ts";
import { RoostError } from "./errors.ts";

export interface BoundedCommand extends Omit<LaunchRequest, "as"> {
  /** Whole time that it may take. */
  timeLimitMs: number;
  /** What is kept of its output: the last bytes of each of stdout and stderr. */
  keepBytes?: number;
  signal?: AbortSignal;
  /** Called with each line that it writes, secret-free by the caller's choice of command. */
  onLine?: (line: string) => void;
}

export interface CommandResult {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

const defaultKeepBytes = 16 * 1024;
const longestLine = 2000;

/**
 * Runs a command in a process group of its own, which ends with it, with this
 * process, at its time limit, or when `signal` aborts.
 * @throws unavailable when it cannot be started, unprocessable at the time limit; a bad exit code is no error here.
 */
export async function runBounded(command: BoundedCommand): Promise<CommandResult> {
  const { timeLimitMs, keepBytes = defaultKeepBytes, signal, onLine, ...request } = command;
  const timeLimit = AbortSignal.timeout(timeLimitMs);
  const child = launch(request, signal ? AbortSignal.any([signal, timeLimit]) : timeLimit);
  const stdout = keepTail(child.stdout, keepBytes, onLine);
  const stderr = keepTail(child.stderr, keepBytes, onLine);
  const exit = await child.exited.catch((cause) => {
    throw new RoostError(
      "unavailable",
      `The command ${request.command[0]} cannot be started on this machine.`,
      { cause },
    );
  });
  signal?.throwIfAborted();
  if (timeLimit.aborted) {
    throw new RoostError("unprocessable", `${request.command[0]} took longer than ${timeLimitMs / 1000} s.`);
  }
  return { ...exit, stdout: await stdout, stderr: await stderr };
}

async function keepTail(stream: Readable, bytes: number, onLine?: (line: string) => void): Promise<string> {
  let tail = "";
  let line = "";
  for await (const chunk of stream.setEncoding("utf8") as AsyncIterable<string>) {
    tail = (tail + chunk).slice(-bytes);
    if (!onLine) continue;
    const lines = (line + chunk).split(/[\r\n]+/);
    line = (lines.pop() ?? "").slice(-longestLine);
    for (const text of lines) if (text.trim()) onLine(text.slice(0, longestLine));
  }
  if (onLine && line.trim()) onLine(line);
  return tail;
}
