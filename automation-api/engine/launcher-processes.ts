import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const endScript = fileURLToPath(new URL("./launcher-end.sh", import.meta.url));
/** A process that the kernel holds in a device's hands cannot be waited for for ever. */
const patienceMilliseconds = 5_000;

export interface UserProcess {
  pid: number;
  user: number;
  group: number;
}

/** Processes that run as one of the users, unreaped remains left out. Linux only. */
export function processesOf(users: readonly number[]): UserProcess[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => readProcess(pid))
    .filter((found) => found !== undefined && users.includes(found.user)) as UserProcess[];
}

function readProcess(pid: string): UserProcess | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    if (/^State:\s+[ZX]/m.test(status)) return undefined;
    const user = Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]);
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const group = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]);
    return { pid: Number(pid), user, group };
  } catch {
    // It ended while it was looked at.
    return undefined;
  }
}

/**
 * Ends every process of these users, whatever groups, sessions or parents
 * they have fled to, and returns when none is left. To be called as root.
 * @param forking those of them whose processes may fork all the time, so that looking for them misses some;
 *   default: all
 * @throws when one outlives its end by seconds.
 */
export async function endUsers(users: readonly number[], forking = users): Promise<void> {
  const deadline = performance.now() + patienceMilliseconds;
  await Promise.all(forking.map(killAsUser));
  for (let left = processesOf(users); left.length > 0; left = processesOf(users)) {
    if (performance.now() > deadline)
      throw new Error(`processes ${left.map(({ pid }) => pid).join(", ")} do not end`);
    // Each by its number as well: one that kills all of its user's would kill the messenger.
    for (const { pid } of left) killProcess(pid);
    await Promise.all(users.map(killAsUser));
    await wait(2);
  }
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/**
 * The kernel signals all that a user may signal in one step, so nothing can
 * fork its way out; and it refuses what belongs to anyone else.
 */
async function killAsUser(user: number): Promise<void> {
  if (!Number.isInteger(user) || user < 1000) throw new Error(`${user} is not a runner's user`);
  const child = spawn("/bin/sh", [endScript, String(user)], {
    cwd: "/",
    env: {},
    uid: user,
    gid: user,
    stdio: "ignore",
  });
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => resolve());
  });
}
