import { readFileSync } from "node:fs";
import { type Draft, quote } from "../undo/index.ts";
import {
  type Comparison,
  compare,
  isCheckpoint,
  isEnough,
  isQuiet,
  isReverted,
  leastPairs,
  type Pair,
  pairsOf,
} from "./compare.ts";
import { seeded } from "./statistics.ts";

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");
const program = read("workloads.pl");
const verb = read("measure.sh");

/** What is measured on a host: arithmetic, new memory, a synced write, a mebibyte over loopback, a shell's start. */
export const workloadNames = ["processor", "memory", "disk", "loopback", "shell"] as const;
export type WorkloadName = (typeof workloadNames)[number];

/** How long a benchmark goes on for. */
export interface BenchmarkOptions {
  workloads: readonly WorkloadName[];
  /** Of measuring, at most; at least 10 pairs are measured whatever it is. */
  seconds: number;
}

/** The draft with the verb `measure PAIRS` beside the others, which switches its values of the kernel off and on. */
export function measuredDraft(draft: Draft, { workloads }: Pick<BenchmarkOptions, "workloads">): Draft {
  const writes = draft.steps.filter(([name]) => name === "set_live");
  const lines = writes.map(
    ([, path = "", value = ""]) => `  printf '%s %s\\n' ${quote(path)} ${quote(value)}`,
  );
  const functions = [
    draft.functions,
    `workloads_text=${quote(program)}`,
    `workload_names=${quote(workloads.join(" "))}`,
    ["flip_after() {", ...lines, "  :", "}"].join("\n"),
    verb,
  ];
  return { ...draft, functions: functions.join("\n") };
}

/** What `measure` printed, added up over its runs. */
export interface Measured {
  pairs: Partial<Record<WorkloadName, Pair[]>>;
  /** Share of the 10 s before the first run in which something waited, in percent, by resource. */
  pressure: Record<string, number>;
  /** Share of the processors' time that a hypervisor took, in the worst run. */
  steal: number;
  seconds: number;
}

export const nothingMeasured: Measured = { pairs: {}, pressure: {}, steal: 0, seconds: 0 };

/** Adds one run of `measure`. Pure. @throws for an output that is not whole. */
export function addMeasured(before: Measured, output: string): Measured {
  const pairs = { ...before.pairs };
  const pressure: Record<string, number> = {};
  let [steal, seconds] = [Number.NaN, Number.NaN];
  for (const line of output.split("\n")) {
    const [kind, name = "", ...words] = line.split(" ");
    if (kind === "quad") {
      const first = words.shift() === "before";
      const order = first
        ? (["before", "after", "after", "before"] as const)
        : (["after", "before", "before", "after"] as const);
      const own = name as WorkloadName;
      pairs[own] = [...(pairs[own] ?? []), ...pairsOf(order, words.map(Number))];
    }
    if (kind === "pressure") pressure[name] = Number(words[0]);
    if (kind === "steal") steal = Number(name);
    if (kind === "seconds") seconds = Number(name);
  }
  if (Number.isNaN(seconds) || Number.isNaN(steal))
    throw new Error("The measurement did not come to its end.");
  const isFirst = before.seconds === 0;
  return {
    pairs,
    pressure: isFirst ? pressure : before.pressure,
    steal: Math.max(before.steal, steal),
    seconds: before.seconds + seconds,
  };
}

/** As many pairs as one run measures at most, so that its progress is told every few seconds. */
const pairsOfRun = 20;

/** How many pairs are measured next; 0: it is enough. The result itself is not looked at. Pure. */
export function nextPairs({ pairs, seconds }: Measured, options: BenchmarkOptions): number {
  const series = options.workloads.map((name) => pairs[name] ?? []);
  const count = Math.min(...series.map(({ length }) => length));
  if (count < leastPairs) return leastPairs - count;
  const isOver = seconds >= options.seconds;
  if (isOver || (isCheckpoint(count) && series.every((each) => isEnough(each)))) return 0;
  const next = leastPairs * 2 ** Math.ceil(Math.log2((count + 1) / leastPairs));
  return Math.min(pairsOfRun, next - count);
}

export interface WorkloadResult extends Comparison {
  name: WorkloadName;
  /** Medians, in milliseconds. */
  beforeMs: number;
  afterMs: number;
  measured: Pair[];
}

export interface BenchmarkResult {
  workloads: WorkloadResult[];
  /** Taken back, since at least one workload became worse. */
  isReverted: boolean;
  /** Null: the kernel does not tell what waits. */
  wasQuiet: boolean | null;
  steal: number;
  seconds: number;
}

/** What the measurements say. Pure: the same ones give the same result. @param isChange false: nothing was switched. */
export function judgeMeasured(
  { pairs, pressure, steal, seconds }: Measured,
  { workloads }: Pick<BenchmarkOptions, "workloads">,
  { isChange }: { isChange: boolean },
): BenchmarkResult {
  const results = workloads.map((name): WorkloadResult => {
    const measured = pairs[name] ?? [];
    const comparison = compare(measured, "lower", seeded(20_260_101));
    const middle = (side: keyof Pair) => Number(median(measured.map((pair) => pair[side])).toFixed(4));
    return { name, ...comparison, beforeMs: middle("before"), afterMs: middle("after"), measured };
  });
  const known = ["cpu", "memory", "io"].every((resource) => pressure[resource] !== undefined);
  const shares = Object.entries(pressure).map(([name, avg10]) => [`${name} some`, { avg10 }] as const);
  return {
    workloads: results,
    isReverted: isChange && isReverted(results),
    wasQuiet: known ? isQuiet(Object.fromEntries(shares)) : null,
    steal,
    seconds: Number(seconds.toFixed(2)),
  };
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}
