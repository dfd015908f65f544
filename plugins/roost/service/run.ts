import { finished } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import { identify, type ProcessIdentity } from "../../process/identity.ts";
import { type Child, type Exit, launch } from "../../process/launch.ts";
import { judge, probe, type Verdict } from "./health.ts";
import { killLeftovers, signalGroup } from "./leftovers.ts";
import type { ServiceSettings } from "./spec.ts";

/** Without a health check, staying up for this long counts as healthy. */
const upMilliseconds = 1_000;
/** Until a service is healthy for the first time it is asked often, so that a deploy waits no longer than it must. */
const startProbeMilliseconds = 100;
const drainMilliseconds = 300;

export interface RunRequest {
  folder: string;
  command: string[];
  cwd: string;
  env: Record<string, string>;
  address: string;
  port: number;
  /** Read before each probe: settings may change while the service runs. */
  settings: () => ServiceSettings;
  onOutput: (chunk: Buffer) => void;
  onHealth: (healthy: boolean) => void;
}

/** One life of a service's process. */
export interface Run {
  readonly identity: ProcessIdentity | undefined;
  /** Settles when the process has ended and nothing of it is left. */
  readonly ended: Promise<Exit>;
  /** Asks the service to end, and ends it when it has not done so after `graceSeconds`. */
  stop(graceSeconds: number): Promise<void>;
}

export function startRun(request: RunRequest): Run {
  const child = launch({ command: request.command, cwd: request.cwd, env: request.env, as: "service" });
  child.stdout.on("data", request.onOutput);
  child.stderr.on("data", request.onOutput);
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  const over = new AbortController();
  const ended = child.exited
    .catch((error: Error): Exit => {
      request.onOutput(Buffer.from(`${error.message}\n`));
      return { code: 127, signal: null };
    })
    .then(async (exit) => {
      over.abort();
      // Its workers would keep the port from the next one.
      if (child.pid !== undefined) signalGroup(child.pid, "SIGKILL");
      killLeftovers(request.folder, undefined);
      await Promise.race([bothClosed(child), delay(drainMilliseconds, undefined, { ref: false })]);
      return exit;
    });
  void watchHealth(request, over.signal);
  return { identity, ended, stop: (graceSeconds) => stop(child, ended, graceSeconds) };
}

/** The last words of a process may still be in the pipe when it has ended. */
async function bothClosed(child: Child): Promise<void> {
  await Promise.allSettled([finished(child.stdout), finished(child.stderr)]);
}

async function stop(child: Child, ended: Promise<Exit>, graceSeconds: number): Promise<void> {
  const patience = new AbortController();
  child.kill("SIGTERM");
  const timer = delay(graceSeconds * 1000, undefined, { signal: patience.signal }).then(
    () => child.kill("SIGKILL"),
    () => undefined,
  );
  await ended;
  patience.abort();
  await timer;
}

async function watchHealth(request: RunRequest, over: AbortSignal): Promise<void> {
  let verdict: Verdict = { healthy: undefined, good: 0, bad: 0 };
  while (!over.aborted) {
    const check = request.settings().healthCheck;
    const before = verdict.healthy;
    if (check === undefined) {
      await pause(upMilliseconds, over);
      verdict = { healthy: true, good: 1, bad: 0 };
    } else {
      const answered = await probe(check, request.address, request.port);
      verdict = judge(verdict, answered, check);
    }
    if (over.aborted) return;
    if (verdict.healthy !== undefined && verdict.healthy !== before) request.onHealth(verdict.healthy);
    const interval = (check?.intervalSeconds ?? 5) * 1000;
    await pause(verdict.healthy ? interval : Math.min(interval, startProbeMilliseconds), over);
  }
}

/** Waits, or until `over`. */
export async function pause(milliseconds: number, over: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal: over }).catch(() => undefined);
}
