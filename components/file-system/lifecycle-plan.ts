// Where files go that nobody reads, as EFS takes it.

import type { Fault } from "../faults.ts";
import { type FileLifecycleArgs, FileThroughput } from "./args.ts";

/** The periods that EFS knows. https://docs.aws.amazon.com/efs/latest/ug/API_LifecyclePolicy.html */
const PERIOD_DAYS = [1, 7, 14, 30, 60, 90, 180, 270, 365];
const DEFAULTS = { infrequentAfterDays: 30, archiveAfterDays: 90 };

export interface FileLifecyclePolicy {
  transitionToIa?: string;
  transitionToArchive?: string;
  transitionToPrimaryStorageClass?: string;
}

/** The policies of a checked file system. */
export function planFileLifecycle(
  lifecycle: FileLifecycleArgs = {},
  throughput: FileThroughput = FileThroughput.elastic,
): FileLifecyclePolicy[] {
  const { enabled = true, backOnAccess = true } = lifecycle;
  if (!enabled) return [];
  const { infrequentAfterDays, archiveAfterDays } = { ...DEFAULTS, ...lifecycle };
  return [
    { transitionToIa: period(infrequentAfterDays) },
    // The archive is for elastic throughput only.
    ...(throughput === FileThroughput.elastic ? [{ transitionToArchive: period(archiveAfterDays) }] : []),
    ...(backOnAccess ? [{ transitionToPrimaryStorageClass: "AFTER_1_ACCESS" }] : []),
  ];
}

function period(days: number): string {
  return days === 1 ? "AFTER_1_DAY" : `AFTER_${days}_DAYS`;
}

export function checkFileLifecycle(lifecycle: FileLifecycleArgs, throughput?: FileThroughput): Fault[] {
  const faults: Fault[] = [];
  for (const key of ["infrequentAfterDays", "archiveAfterDays"] as const) {
    const value = lifecycle[key];
    if (value === undefined || PERIOD_DAYS.includes(value)) continue;
    faults.push({ field: `lifecycle.${key}`, value, allowed: `days, one of ${PERIOD_DAYS.join(", ")}` });
  }
  const { infrequentAfterDays, archiveAfterDays } = { ...DEFAULTS, ...lifecycle };
  if (throughput === FileThroughput.bursting) {
    if (lifecycle.archiveAfterDays !== undefined) {
      const allowed = "nothing with bursting throughput, which knows no archive";
      faults.push({ field: "lifecycle.archiveAfterDays", value: archiveAfterDays, allowed });
    }
  } else if (archiveAfterDays <= infrequentAfterDays) {
    const allowed = `more than infrequentAfterDays, ${infrequentAfterDays}`;
    faults.push({ field: "lifecycle.archiveAfterDays", value: archiveAfterDays, allowed });
  }
  return faults;
}
