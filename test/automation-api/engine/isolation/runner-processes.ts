import { readdirSync, readFileSync } from "node:fs";
import { processesOf, type UserProcess } from "../../../../automation-api/engine/launcher-processes.ts";

export interface Found {
  pid: number;
  user: number;
  command: string;
}

/** All processes with their users and command lines. */
export function allProcesses(): Found[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const user = Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
        const command = readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ").trim();
        return [{ pid: Number(pid), user, command }];
      } catch {
        // It has just ended.
        return [];
      }
    });
}

/** Processes of these users that still run. */
export function processesOfUsers(users: number[]): UserProcess[] {
  return processesOf(users);
}
