import { type Probe, record, toBytes, toNumber, toPairs } from "./probe.ts";

export interface Process {
  parent: number | null;
  name: string;
  state: string | null;
  /** Effective user id. */
  user: number | null;
  threads: number | null;
  memoryBytes: number | null;
  swapBytes: number | null;
  /** Null: a thread of the kernel, or another user's process seen without root. */
  program: string | null;
  /** The script that an interpreter runs. Other arguments are not kept: they hold passwords. */
  script: string | null;
  /** Unit of systemd that it belongs to. */
  unit: string | null;
  /** The last part of its control group, when that looks like a container's id. */
  container: string | null;
}

const interpreters = /^(python|perl|ruby|node|php|java|bash|sh|dash|lua)[\d.]*$/;

/** What runs, by process id; the scan's own processes are left out. */
export function readProcesses(probe: Probe): Record<string, Process> {
  const self = probe.section("self")[0] ?? "";
  const found = probe.things(/^\/proc\/(\d+)\/(status|cmdline|cgroup|maps)$/);
  const processes = [...found].flatMap(([pid, files]) => {
    const status = toPairs(files.get("status") ?? [], ":");
    const name = status.get("Name");
    if (name === undefined || pid === self || status.get("PPid") === self) return [];
    const program = programOf(files.get("maps")?.[0]);
    const group = (files.get("cgroup") ?? []).join("\n");
    const process: Process = {
      parent: toNumber(status.get("PPid")),
      name,
      state: status.get("State")?.slice(0, 1) ?? null,
      user: toNumber(status.get("Uid")?.split(/\s+/)[1]),
      threads: toNumber(status.get("Threads")),
      memoryBytes: toBytes(status.get("VmRSS")),
      swapBytes: toBytes(status.get("VmSwap")),
      program,
      script: scriptOf(program, (files.get("cmdline") ?? []).join("\n")),
      unit: /\/([^/\n]+\.(?:service|scope))(?:\/[^\n]*)?(?:\n|$)/.exec(group)?.[1] ?? null,
      container: /[/:-]([0-9a-f]{64})(?:\.scope)?(?:\n|$)/.exec(group)?.[1] ?? null,
    };
    return [[pid, process] as const];
  });
  return record(processes);
}

/** The path in a line of /proc/PID/maps. */
function programOf(line: string | undefined): string | null {
  const at = line?.indexOf(" /") ?? -1;
  return at < 0 ? null : (line as string).slice(at + 1).replace(/ \(deleted\)$/, "");
}

function scriptOf(program: string | null, command: string): string | null {
  if (program === null || !interpreters.test(program.slice(program.lastIndexOf("/") + 1))) return null;
  const [, first] = command.split("\0");
  return first?.startsWith("/") && !/\s/.test(first) ? first : null;
}
