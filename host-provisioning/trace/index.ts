import { readFileSync } from "node:fs";
import { quote } from "../undo/index.ts";

const text = readFileSync(new URL("./trace.sh", import.meta.url), "utf8");

interface Probe {
  summary: string;
  /** Of a histogram's values; null: it counts. */
  unit: "microseconds" | null;
  /** In bpftrace's language, on stable trace points alone; what it holds in `@result` is told. */
  program: string;
}

const ends = (seconds: number, passing: string[]) =>
  `interval:s:${seconds} { exit(); } END { ${passing.map((map) => `clear(${map});`).join(" ")} }`;

/** What may be asked of a kernel: no text of a caller ever becomes a program. */
const probes = {
  "run-queue": {
    summary: "How long what could run waits for a processor",
    unit: "microseconds",
    program:
      "tracepoint:sched:sched_wakeup, tracepoint:sched:sched_wakeup_new { @woken[args->pid] = nsecs; } " +
      "tracepoint:sched:sched_switch /@woken[args->next_pid]/ " +
      "{ @result = hist((nsecs - @woken[args->next_pid]) / 1000); delete(@woken[args->next_pid]); }",
  },
  "disk-latency": {
    summary: "How long disks take for what is asked of them",
    unit: "microseconds",
    program:
      "tracepoint:block:block_rq_issue { @issued[args->dev, args->sector] = nsecs; } " +
      "tracepoint:block:block_rq_complete /@issued[args->dev, args->sector]/ " +
      "{ @result = hist((nsecs - @issued[args->dev, args->sector]) / 1000); delete(@issued[args->dev, args->sector]); }",
  },
  "system-calls": {
    summary: "System calls by program",
    unit: null,
    program: "tracepoint:raw_syscalls:sys_enter { @result[comm] = count(); }",
  },
  "programs-started": {
    summary: "Programs that were started, by their file",
    unit: null,
    program: "tracepoint:sched:sched_process_exec { @result[str(args->filename)] = count(); }",
  },
  "tcp-retransmits": {
    summary: "Segments of TCP that had to be sent again, by port",
    unit: null,
    program: "tracepoint:tcp:tcp_retransmit_skb { @result[args->dport] = count(); }",
  },
} as const satisfies Record<string, Probe>;

export type ProbeName = keyof typeof probes;
export const probeNames = Object.keys(probes) as [ProbeName, ...ProbeName[]];
export const probeList = probeNames.map((name) => ({
  name,
  summary: probes[name].summary,
  unit: probes[name].unit,
}));

const passing: Partial<Record<ProbeName, string[]>> = {
  "run-queue": ["@woken"],
  "disk-latency": ["@issued"],
};

/** The script of one probe, for `seconds` (1 to 60). */
export function traceScript(name: ProbeName, seconds: number): string {
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 60)
    throw new Error("A probe takes 1 to 60 seconds.");
  const program = `${probes[name].program} ${ends(seconds, passing[name] ?? [])}`;
  return [`program=${quote(program)}`, `seconds=${quote(String(seconds))}`, text].join("\n");
}

export interface Traced {
  unit: "microseconds" | null;
  /** Most first. */
  counts: { of: string; count: number }[];
  /** Values from `min` up to `max`; null: without an end. */
  histogram: { min: number | null; max: number | null; count: number }[];
}

/** What bpftrace printed as lines of JSON. Pure. @returns undefined when no probe was attached. */
export function readTrace(name: ProbeName, output: string): Traced | undefined {
  const found: Traced = { unit: probes[name].unit, counts: [], histogram: [] };
  let isAttached = false;
  for (const line of output.split("\n")) {
    if (!line.startsWith("{")) continue;
    const { type, data } = parsed(line);
    if (type === "attached_probes") isAttached = true;
    if (type === "map") {
      const counts = Object.entries((data?.["@result"] ?? {}) as Record<string, number>);
      found.counts = counts.map(([of, count]) => ({ of, count })).sort((a, b) => b.count - a.count);
    }
    if (type === "hist") {
      const bars = (data?.["@result"] ?? []) as { min?: number; max?: number; count: number }[];
      found.histogram = bars.map(({ min, max, count }) => ({ min: min ?? null, max: max ?? null, count }));
    }
  }
  return isAttached ? found : undefined;
}

function parsed(line: string): { type?: string; data?: Record<string, unknown> } {
  try {
    return JSON.parse(line);
  } catch {
    // A program's name may hold what bpftrace of old does not escape.
    return {};
  }
}
