import { setTimeout as wait } from "node:timers/promises";
import { isAlive, type ProcessIdentity } from "../../plugins/process/index.ts";

/** Ends every process of the group at once. A group that is gone is no error. */
export function killGroup(leader: number, signal: NodeJS.Signals = "SIGKILL"): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/**
 * Ends the group of a runner that another process started, if its leader is
 * still that very process; a number that was given out again is left alone.
 */
export async function endForeignGroup(leader: ProcessIdentity): Promise<void> {
  if (!isAlive(leader)) return;
  killGroup(leader.pid);
  while (isAlive(leader)) await wait(10);
}
