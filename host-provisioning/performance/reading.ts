import { Probe, toBytes, toNumber } from "../facts/probe.ts";

/**
 * One look at how busy a host is. Counters run since its start, so that of any two readings, however far apart, the
 * difference is exact for the time between them. What a kernel does not tell is null.
 */
export interface Reading {
  /** Seconds since 1970 at which the host started: counters of two starts are not comparable. */
  bootedAt: number;
  /** Ticks of all processors: those that worked, and all. */
  cpuBusy: number;
  cpuAll: number;
  memoryUsedBytes: number;
  memoryBytes: number;
  swapUsedBytes: number;
  /** Of all whole disks. */
  readBytes: number;
  writtenBytes: number;
  /** Of the root file system. */
  rootUsedBytes: number | null;
  rootBytes: number | null;
  /** Microseconds in which something waited for the processor, for disks, for memory (PSI, some). */
  cpuWaited: number | null;
  ioWaited: number | null;
  memoryWaited: number | null;
}

const sectorBytes = 512;

/**
 * What sample.sh printed. Pure, and total.
 * @returns undefined when it is not whole, or tells too little.
 */
export function readReading(output: string, mark: string): Reading | undefined {
  const probe = new Probe(output, mark);
  if (!probe.isWhole) return undefined;
  const stat = probe.lines("/proc/stat");
  const ticks = columns(stat.find((line) => line.startsWith("cpu ")))
    .slice(1, 9)
    .map(Number);
  const bootedAt = toNumber(stat.find((line) => line.startsWith("btime "))?.slice(6));
  const memory = probe.pairs("/proc/meminfo");
  const [all, available] = [toBytes(memory.get("MemTotal")), toBytes(memory.get("MemAvailable"))];
  if (bootedAt === null || ticks.length < 4 || !ticks.every(Number.isFinite) || all === null)
    return undefined;
  const [, , , idle = 0, iowait = 0] = ticks;
  const cpuAll = ticks.reduce((sum, each) => sum + each, 0);
  const swap = (toBytes(memory.get("SwapTotal")) ?? 0) - (toBytes(memory.get("SwapFree")) ?? 0);
  const [, size, used] = columns(probe.section("root")[1]);
  return {
    bootedAt,
    cpuBusy: cpuAll - idle - iowait,
    cpuAll,
    memoryUsedBytes: all - (available ?? 0),
    memoryBytes: all,
    swapUsedBytes: swap,
    ...traffic(probe),
    rootUsedBytes: toBytes(used && `${used} kB`),
    rootBytes: toBytes(size && `${size} kB`),
    cpuWaited: waited(probe, "cpu"),
    ioWaited: waited(probe, "io"),
    memoryWaited: waited(probe, "memory"),
  };
}

/** Partitions and what is stacked on disks would count twice. */
function traffic(probe: Probe): Pick<Reading, "readBytes" | "writtenBytes"> {
  const disks = new Set(probe.section("disks"));
  const sums = { readBytes: 0, writtenBytes: 0 };
  for (const line of probe.lines("/proc/diskstats")) {
    const [, , name = "", , , read, , , , written] = columns(line);
    if (!disks.has(name)) continue;
    sums.readBytes += (toNumber(read) ?? 0) * sectorBytes;
    sums.writtenBytes += (toNumber(written) ?? 0) * sectorBytes;
  }
  return sums;
}

function waited(probe: Probe, what: string): number | null {
  return toNumber(/total=(\d+)/.exec(probe.text(`/proc/pressure/${what}`) ?? "")?.[1]);
}

function columns(line: string | undefined): string[] {
  return (line ?? "").trim().split(/\s+/);
}
