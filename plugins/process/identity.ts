import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** One process for good: a number alone is given out again, after a reboot or when the counter wraps. */
export interface ProcessIdentity {
  bootId: string;
  pid: number;
  /** Clock ticks since boot on Linux, a date elsewhere; only ever compared for equality. */
  startTime: string;
}

const hasProc = process.platform === "linux";
let knownBootId: string | undefined;

/** What names this run of the machine's kernel. */
export function bootId(): string {
  knownBootId ??= hasProc
    ? readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()
    : execFileSync("sysctl", ["-n", "kern.boottime"], { encoding: "utf8" }).trim();
  return knownBootId;
}

/** When a process was started; undefined when there is none, or only its unreaped remains. */
export function startTimeOf(pid: number): string | undefined {
  return hasProc ? fromProc(pid) : fromPs(pid);
}

export function identify(pid: number): ProcessIdentity | undefined {
  const startTime = startTimeOf(pid);
  return startTime === undefined ? undefined : { bootId: bootId(), pid, startTime };
}

/** True when exactly this process still runs. */
export function isAlive(process: ProcessIdentity | undefined): boolean {
  if (process === undefined || process.bootId !== bootId()) return false;
  return startTimeOf(process.pid) === process.startTime;
}

function fromProc(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // The program's name stands in parentheses and may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
}

function fromPs(pid: number): string | undefined {
  try {
    const text = execFileSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
    return text === "" || text.startsWith("Z") ? undefined : text.replace(/^\S+\s+/, "");
  } catch {
    return undefined;
  }
}
