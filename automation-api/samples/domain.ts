import type { TimedReading } from "../../host-provisioning/performance/index.ts";
import { invalid } from "../errors.ts";
import type { SamplesQuery, Sampling } from "./contract.ts";
import type { SampleRow, SamplingRow } from "./queries.ts";

const daySeconds = 86_400;
const usualPoints = 200;
const mostPoints = 2000;

export interface Window {
  from: Date;
  to: Date;
  stepSeconds: number;
}

/** What a query asks for, with defaults. Pure. @throws invalid for a time that ends before it begins, or has too many steps. */
export function windowOf({ from, to, step }: SamplesQuery, now: Date): Window {
  const end = to === undefined ? now : new Date(to);
  const begin = from === undefined ? new Date(end.getTime() - daySeconds * 1000) : new Date(from);
  const seconds = (end.getTime() - begin.getTime()) / 1000;
  if (seconds <= 0) throw invalid("query.from", "must be before `to`");
  const stepSeconds = step ?? Math.max(10, Math.ceil(seconds / usualPoints / 10) * 10);
  if (seconds / stepSeconds > mostPoints)
    throw invalid("query.step", `gives more than ${mostPoints} samples`, { given: String(stepSeconds) });
  return { from: begin, to: end, stepSeconds };
}

export function viewSampling(row: SamplingRow): Sampling {
  const { seconds, next_at: nextAt, failures, fault } = row;
  return { seconds, nextAt: nextAt.toISOString(), failures, fault };
}

/** Counters stay far below 2^53. */
export function readingOf(row: SampleRow): TimedReading {
  const maybe = (value: string | null) => (value === null ? null : Number(value));
  return {
    at: row.at,
    bootedAt: Number(row.booted_at),
    cpuBusy: Number(row.cpu_busy),
    cpuAll: Number(row.cpu_all),
    memoryUsedBytes: Number(row.memory_used),
    memoryBytes: Number(row.memory_all),
    swapUsedBytes: Number(row.swap_used),
    readBytes: Number(row.read_bytes),
    writtenBytes: Number(row.written_bytes),
    rootUsedBytes: maybe(row.root_used),
    rootBytes: maybe(row.root_all),
    cpuWaited: maybe(row.cpu_waited),
    ioWaited: maybe(row.io_waited),
    memoryWaited: maybe(row.memory_waited),
  };
}
