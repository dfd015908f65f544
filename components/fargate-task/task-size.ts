// The sizes that Fargate has.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size

import type { Fault } from "../faults.ts";

/** CPU units → least and most memory and the step between, in MiB. */
const SIZES: Record<number, { least: number; most: number; step: number; extra?: number }> = {
  256: { least: 1024, most: 2048, step: 1024, extra: 512 },
  512: { least: 1024, most: 4096, step: 1024 },
  1024: { least: 2048, most: 8192, step: 1024 },
  2048: { least: 4096, most: 16384, step: 1024 },
  4096: { least: 8192, most: 30720, step: 1024 },
  8192: { least: 16384, most: 61440, step: 4096 },
  16384: { least: 32768, most: 122880, step: 8192 },
};

export const DEFAULT_CPU = 256;

/** The least memory that a CPU size takes, in MiB. */
export function leastMemory(cpu: number): number {
  const size = SIZES[cpu];
  return size?.extra ?? size?.least ?? 512;
}

export function checkTaskSize(cpu: number, memoryMiB: number): Fault[] {
  const size = SIZES[cpu];
  if (!size) {
    return [{ field: "cpu", value: cpu, allowed: `CPU units, one of ${Object.keys(SIZES).join(", ")}` }];
  }
  const { least, most, step, extra } = size;
  const fits = memoryMiB >= least && memoryMiB <= most && memoryMiB % step === 0;
  if (fits || memoryMiB === extra) return [];
  const allowed = `${extra ? `${extra} or ` : ""}${least} to ${most} MiB in steps of ${step}, with cpu ${cpu}`;
  return [{ field: "memoryMiB", value: memoryMiB, allowed }];
}
