import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** One measured number. */
export interface Row {
  /** Identifier that stays the same over time, such as "create_3000_s". */
  metric: string;
  value: number;
  /** "s", "ms", "MB", "count" … */
  unit: string;
  /** What was asked for; absent when the number is only recorded. */
  goal?: Goal;
  /** What the value is compared with, in the same unit. */
  baseline?: number;
  /** value / baseline; worked out when a baseline is given. */
  ratio?: number;
}

export interface Goal {
  atMost?: number;
  atLeast?: number;
}

export interface Machine {
  cpu: string;
  cores: number;
  memoryGb: number;
  system: string;
  node: string;
}

const results = join(dirname(fileURLToPath(import.meta.url)), "results");

/**
 * Prints the rows as a table and writes bench/results/NAME.json: `{name, machine, rows}`.
 *
 * @param options.isPart of a bench that is run part by part: what the file has of other metrics stays in it
 * @returns false when a row misses its goal; a bench passes it on as its exit code if it means to fail
 */
export function report(
  name: string,
  rows: Row[],
  { folder = results, isPart = false }: { folder?: string; isPart?: boolean } = {},
): boolean {
  const complete = rows.map(withRatio);
  process.stdout.write(`${table(complete)}\n`);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.json`);
  const kept = isPart ? otherRows(file, complete) : [];
  const text = JSON.stringify({ name, machine: thisMachine(), rows: [...kept, ...complete] }, null, 2);
  writeFileSync(file, `${text}\n`);
  return complete.every(meetsGoal);
}

/** The rows in columns, each as wide as its widest cell. */
export function table(rows: Row[]): string {
  const lines = [
    ["metric", "value", "unit", "baseline", "ratio", "goal", ""],
    ...rows.map((row) => [
      row.metric,
      round(row.value),
      row.unit,
      row.baseline === undefined ? "" : round(row.baseline),
      row.ratio === undefined ? "" : `${row.ratio.toFixed(2)}x`,
      goalText(row.goal),
      row.goal === undefined ? "" : meetsGoal(row) ? "met" : "MISSED",
    ]),
  ];
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const numeric = [1, 3, 4];
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          numeric.includes(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function otherRows(file: string, rows: Row[]): Row[] {
  if (!existsSync(file)) return [];
  const written = new Set(rows.map(({ metric }) => metric));
  const before = JSON.parse(readFileSync(file, "utf8")) as { rows: Row[] };
  return before.rows.filter(({ metric }) => !written.has(metric));
}

function withRatio(row: Row): Row {
  return row.baseline ? { ...row, ratio: row.value / row.baseline } : row;
}

function meetsGoal({ value, goal }: Row): boolean {
  return value <= (goal?.atMost ?? Infinity) && value >= (goal?.atLeast ?? -Infinity);
}

function goalText(goal: Goal | undefined): string {
  const parts = [
    goal?.atLeast === undefined ? "" : `≥ ${goal.atLeast}`,
    goal?.atMost === undefined ? "" : `≤ ${goal.atMost}`,
  ];
  return parts.filter((part) => part !== "").join(" ");
}

/** Three significant digits, whole numbers from 100 on. */
function round(value: number): string {
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch} ${release()}`,
    node: process.version,
  };
}
