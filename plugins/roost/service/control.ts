import { existsSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { baseEnvironment } from "../../process/environment.ts";
import { isAlive } from "../../process/identity.ts";
import { launch } from "../../process/launch.ts";
import { killLeftovers, signalGroup, signalProcess } from "./leftovers.ts";
import { tryLock } from "./lock.ts";
import { lastLines } from "./log.ts";
import { servicesFolder } from "./place.ts";
import { readRecord, readStatus, type ServicePaths, type ServiceStatus, writeJson } from "./record.ts";
import { resolveSettings } from "./spec.ts";

const pollMilliseconds = 25;
/** What a supervisor may take beyond its service's grace before it is ended as well. */
const slackSeconds = 3;
/** A start that is given up, or a stop that is cancelled, must be over within a second. */
export const hastySeconds = 0.3;
/** A service that ended this often without having been healthy will not become so. */
const hopelessRestarts = 5;

const supervisorProgram = fileURLToPath(new URL("../supervisor.ts", import.meta.url));
const detachScript = fileURLToPath(new URL("./detach.sh", import.meta.url));
/** Half the memory of a plain start: the stripped program is cached, and the heap never needs to grow. */
const nodeFlags = [
  "--disable-warning=ExperimentalWarning",
  "--max-semi-space-size=1",
  "--max-old-space-size=64",
];

/** Starts the supervisor of a service, in a session of its own. Where one is at work already, it stays. */
export async function startSupervisor(dataFolder: string, paths: ServicePaths): Promise<void> {
  const cache = join(servicesFolder(dataFolder), ".cache");
  const env = baseEnvironment({ NODE_COMPILE_CACHE: cache });
  const supervisor = [process.execPath, ...nodeFlags, supervisorProgram];
  // Without a folder it only fills the cache and ends.
  if (!existsSync(cache)) await run(supervisor, env);
  await run(["/bin/sh", detachScript, paths.supervisorLog, ...supervisor, paths.folder], env);
}

async function run(command: string[], env: Record<string, string>): Promise<void> {
  const child = launch({ command, cwd: "/", env, as: "service" });
  const said = text(child.stderr);
  const { code } = await child.exited;
  if (code !== 0)
    throw new Error(`the supervisor could not be started: ${(await said).trim() || `code ${code}`}`);
}

/** True while a supervisor of this service runs. */
export function isSupervised(status: ServiceStatus | undefined): status is ServiceStatus {
  return isAlive(status?.supervisor);
}

/** Has a running supervisor read the settings of its record again. @returns false when there is none */
export function reloadSettings(paths: ServicePaths): boolean {
  const status = readStatus(paths);
  if (!isSupervised(status)) return false;
  signalProcess(status.supervisor.pid, "SIGHUP");
  return true;
}

/**
 * Waits until a service that was just started is healthy.
 * @throws with the service's last log lines when it is not in time, or cannot become so
 */
export async function awaitHealthy(
  paths: ServicePaths,
  deadlineSeconds: number,
  signal?: AbortSignal,
): Promise<ServiceStatus> {
  const deadline = performance.now() + deadlineSeconds * 1000;
  for (;;) {
    const status = readStatus(paths);
    if (status?.state === "running") return status;
    const over =
      verdictOf(status) ?? (performance.now() > deadline ? lateness(status, deadlineSeconds) : undefined);
    if (over !== undefined) throw new Error(withLog(`the service did not start: ${over}`, paths));
    await delay(pollMilliseconds, undefined, { signal });
  }
}

function verdictOf(status: ServiceStatus | undefined): string | undefined {
  if (status === undefined) return undefined;
  if (status.state === "failed" || status.state === "stopped") return status.reason ?? "it ended";
  const gaveUp = status.state === "restarting" && status.restarts >= hopelessRestarts;
  return gaveUp ? `${status.reason}, ${status.restarts} times in a row` : undefined;
}

function lateness(status: ServiceStatus | undefined, deadlineSeconds: number): string {
  const what = status === undefined ? "its supervisor did not report" : "it was not healthy";
  return `${what} within ${deadlineSeconds} s`;
}

function withLog(message: string, paths: ServicePaths): string {
  const log = lastLines(paths.log);
  const lines = log.length > 0 ? log : lastLines(paths.supervisorLog);
  return lines.length > 0
    ? [`${message}. Its last lines:`, ...lines].join("\n")
    : `${message}. It printed nothing.`;
}

/**
 * Ends a service with its supervisor and waits until nothing of it is left. Safe to repeat, and safe against a
 * supervisor that is just beginning: the record says first that nothing is wanted.
 * @param hurry when it aborts, the service is given a third of a second more
 * @returns what lets another supervisor begin, to be called when the folder is as it should be
 */
export async function stopService(paths: ServicePaths, hurry?: AbortSignal): Promise<() => unknown> {
  const record = readRecord(paths);
  if (record?.wanted === "running") writeJson(paths.record, { ...record, wanted: "stopped" });
  const grace = record ? resolveSettings(record.inputs).stopGraceSeconds : 0;
  const patience = performance.now() + (grace + slackSeconds) * 1000;
  let hasty: number | undefined;
  let asked: string | undefined;
  while (existsSync(paths.folder)) {
    const release = tryLock(paths.lock);
    const status = readStatus(paths);
    if (release) {
      killLeftovers(paths.folder, status?.service);
      return release;
    }
    if (hurry?.aborted) hasty ??= performance.now() + hastySeconds * 1000;
    if (isSupervised(status)) {
      const name = JSON.stringify(status.supervisor);
      if (asked !== name) signalProcess(status.supervisor.pid, "SIGTERM");
      asked = name;
      if (performance.now() > Math.min(patience, hasty ?? patience)) kill(status);
    }
    await delay(pollMilliseconds);
  }
  return () => undefined;
}

/** The guard first, or it would start another supervisor, which shares its group with nobody. */
function kill({ guard, supervisor, service }: ServiceStatus): void {
  if (guard && isAlive(guard)) signalGroup(guard.pid, "SIGKILL");
  if (isAlive(supervisor)) signalProcess(supervisor.pid, "SIGKILL");
  if (service && isAlive(service)) signalGroup(service.pid, "SIGKILL");
}
