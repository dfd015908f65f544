import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

/** True while a process exists; one that ended and was not yet collected by its parent counts as gone. */
export async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return !/\) [ZX] /.test(stat);
}

/** Polls until `check` gives something true, and returns that. Throws after `seconds` with what was waited for. */
export async function until<T>(
  what: string,
  check: () => T | Promise<T>,
  seconds = 10,
): Promise<NonNullable<T>> {
  const end = Date.now() + seconds * 1_000;
  for (;;) {
    const value = await check();
    if (value) return value as NonNullable<T>;
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await delay(20);
  }
}

/** Polls until none of the processes exists. */
export async function untilGone(pids: number[], seconds = 10): Promise<void> {
  const check = async (): Promise<boolean> => !(await Promise.all(pids.map(isAlive))).includes(true);
  await until(`processes ${pids.join(", ")} are gone`, check, seconds);
}

/** Process ids that a program under test wrote to a file, one per line, once there are `count`. */
export async function pidsIn(path: string, count: number, seconds = 20): Promise<number[]> {
  return until(
    `${count} process ids in ${path}`,
    async () => {
      const lines = (await readFile(path, "utf8").catch(() => "")).split("\n").slice(0, -1);
      // 0 and 1 mean other things than one process to a signal: they are never taken from a file.
      const pids = lines.map(Number).filter((pid) => pid > 1);
      return pids.length >= count ? pids : undefined;
    },
    seconds,
  );
}
