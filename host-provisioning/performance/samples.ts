import type { Reading } from "./reading.ts";

/** What a host did between two readings, and what was in use at the second. */
export interface Sample {
  /** RFC 3339, of the second reading. */
  at: string;
  /** Between the two. */
  seconds: number;
  cpuPercent: number;
  memoryPercent: number;
  swapUsedBytes: number;
  readBytesPerSecond: number;
  writtenBytesPerSecond: number;
  /** How full the root file system was; null: not told. */
  diskPercent: number | null;
  /** Share of the time in which something waited; null: the kernel has no PSI. */
  cpuPressurePercent: number | null;
  ioPressurePercent: number | null;
  memoryPressurePercent: number | null;
}

export interface TimedReading extends Reading {
  at: Date;
}

/**
 * What lies between successive readings. Pure. Two between which the host started anew give nothing.
 * @param readings of one host, oldest first.
 */
export function samplesOf(readings: TimedReading[]): Sample[] {
  return readings.slice(1).flatMap((now, index) => between(readings[index] as TimedReading, now) ?? []);
}

function between(old: TimedReading, now: TimedReading): Sample | undefined {
  const seconds = (now.at.getTime() - old.at.getTime()) / 1000;
  // The kernel works the time of its start out anew each time: it may be a second off.
  if (seconds <= 0 || Math.abs(now.bootedAt - old.bootedAt) > 2 || now.cpuAll < old.cpuAll) return undefined;
  const pressure = (before: number | null, after: number | null) =>
    before === null || after === null ? null : percent(after - before, seconds * 1_000_000);
  return {
    at: now.at.toISOString(),
    seconds: Math.round(seconds),
    cpuPercent: percent(now.cpuBusy - old.cpuBusy, now.cpuAll - old.cpuAll),
    memoryPercent: percent(now.memoryUsedBytes, now.memoryBytes),
    swapUsedBytes: now.swapUsedBytes,
    readBytesPerSecond: perSecond(now.readBytes - old.readBytes, seconds),
    writtenBytesPerSecond: perSecond(now.writtenBytes - old.writtenBytes, seconds),
    diskPercent:
      now.rootUsedBytes === null || now.rootBytes === null ? null : percent(now.rootUsedBytes, now.rootBytes),
    cpuPressurePercent: pressure(old.cpuWaited, now.cpuWaited),
    ioPressurePercent: pressure(old.ioWaited, now.ioWaited),
    memoryPressurePercent: pressure(old.memoryWaited, now.memoryWaited),
  };
}

/** Two digits behind the point; 0 to 100, whatever counters say that were not read at one moment. */
function percent(part: number, whole: number): number {
  if (whole <= 0) return 0;
  return Math.min(100, Math.max(0, Math.round((part / whole) * 10_000) / 100));
}

/** A disk that was taken away takes what it counted with it. */
function perSecond(bytes: number, seconds: number): number {
  return Math.max(0, Math.round(bytes / seconds));
}
