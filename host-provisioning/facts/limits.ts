import { countOfList, type Probe, toNumber } from "./probe.ts";

/** What a process of this login can use: the machine's, cut by every control group above it. */
export interface Limits {
  /** At least 1. */
  cpus: number;
  memoryBytes: number | null;
  /** Null: as much as there is. */
  swapBytes: number | null;
  tasks: number | null;
  /** What the numbers of the machine were cut by. */
  cutBy: string[];
}

/** A group of version 1 without a limit shows a number near 2^63. */
const unlimited = 2 ** 62;

/**
 * CPUs: the least of online ones, cpuset and quota, rounded up; memory: the least of the machine's and every
 * limit. Version 2 of control groups, else version 1.
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html
 */
export function readLimits(probe: Probe, online: number, memoryBytes: number | null): Limits {
  const cutBy: string[] = [];
  const least = (start: number | null, values: [string, number | null][]) => {
    let limit = start;
    for (const [path, value] of values) {
      if (value === null || value < 0 || value >= unlimited || (limit !== null && value >= limit)) continue;
      limit = value;
      cutBy.push(path);
    }
    return limit;
  };
  const all = (leaf: string, read: (text: string | null, folder: string) => number | null) =>
    [...probe.things(new RegExp(`^(/sys/fs/cgroup(?:/.*)?)/(${leaf.replaceAll(".", "\\.")})$`))].map(
      ([folder]): [string, number | null] => [
        `${folder}/${leaf}`,
        read(probe.text(`${folder}/${leaf}`), folder),
      ],
    );
  const cpus = least(online, [
    ...all("cpuset.cpus.effective", countOfList),
    ...all("cpu.max", (text) => {
      const [quota = "", period = ""] = text?.split(" ") ?? [];
      return cpusOf(toNumber(quota), toNumber(period));
    }),
    ...all("cpu.cfs_quota_us", (text, folder) =>
      cpusOf(toNumber(text), probe.number(`${folder}/cpu.cfs_period_us`)),
    ),
  ]);
  return {
    cpus: Math.max(1, cpus ?? online),
    memoryBytes: least(memoryBytes, [
      ...all("memory.max", toNumber),
      ...all("memory.high", toNumber),
      ...all("memory.limit_in_bytes", toNumber),
    ]),
    swapBytes: least(null, all("memory.swap.max", toNumber)),
    tasks: least(null, all("pids.max", toNumber)),
    cutBy,
  };
}

function cpusOf(quota: number | null, period: number | null): number | null {
  return quota === null || period === null || quota <= 0 || period <= 0 ? null : Math.ceil(quota / period);
}
