import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface FoundProcess {
  pid: number;
  /** Words of its command line, with spaces between. */
  command: string;
  /** Read when it is asked for; empty when the process has ended by then. */
  readonly environment: string[];
  readonly workingDirectory: string;
}

/** Every process of this machine but this one, by reading all of /proc; one that ends meanwhile is left out. */
export function allProcesses(): FoundProcess[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .flatMap((pid) => {
      const command = words(`/proc/${pid}/cmdline`).join(" ");
      // The remains of one that has ended have no command line.
      if (command === "") return [];
      return {
        pid: Number(pid),
        command,
        get environment() {
          return words(`/proc/${pid}/environ`);
        },
        get workingDirectory() {
          return link(`/proc/${pid}/cwd`);
        },
      };
    });
}

/** Processes of which the command line or the environment speaks of a text, as one line each. */
export function processesAbout(text: string): string[] {
  return allProcesses()
    .filter(
      ({ command, environment }) => command.includes(text) || environment.some((each) => each.includes(text)),
    )
    .map(({ pid, command }) => `${pid} ${command}`);
}

function words(file: string): string[] {
  try {
    return readFileSync(file, "latin1").split("\0").filter(Boolean);
  } catch {
    return [];
  }
}

function link(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return "";
  }
}
