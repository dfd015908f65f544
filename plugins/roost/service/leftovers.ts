import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { isAlive, type ProcessIdentity } from "../../process/identity.ts";

const markName = "SERVICE_ID";

/**
 * What each process of a service carries in its environment, so that those which left its process group are
 * found as well. Differs between data folders.
 */
export function markOf(folder: string): Record<string, string> {
  return { [markName]: createHash("sha256").update(folder).digest("hex").slice(0, 24) };
}

/** Sends a signal to a process group; one that is gone is no error. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  signalProcess(-leader, signal);
}

/** Sends a signal to a process; one that is gone is no error. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/**
 * Kills what is left of a service: the group of its process, if that is still the one that was recorded, and
 * (where environments can be read) each process that carries its mark.
 */
export function killLeftovers(folder: string, service: ProcessIdentity | undefined): void {
  if (service && isAlive(service)) signalGroup(service.pid, "SIGKILL");
  for (const pid of markedProcesses(folder)) signalProcess(pid, "SIGKILL");
}

/** Processes of a service that still run. Empty where the system does not show environments (not Linux). */
export function markedProcesses(folder: string): number[] {
  if (process.platform !== "linux") return [];
  const mark = Object.entries(markOf(folder))
    .map(([name, value]) => `${name}=${value}`)
    .join();
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => environmentOf(pid).split("\0").includes(mark))
    .map(Number);
}

/** Processes come and go while they are looked at, and other users' are closed to us. */
function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1");
  } catch {
    return "";
  }
}
