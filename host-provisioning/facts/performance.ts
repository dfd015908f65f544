import type { Sample } from "../performance/samples.ts";
import { type Probe, record, toBytes, toNumber } from "./probe.ts";

/** What changes by itself from one moment to the next; no part of a comparison. */
export interface PerformanceFacts {
  uptimeSeconds: number | null;
  load: number[];
  tasks: { running: number | null; all: number | null };
  /** Hundredths of a second since the start, of all processors. */
  cpuTicks: Record<string, number>;
  memoryBytes: Record<string, number>;
  /** Share of time, in percent, that something waited; over 10, 60 and 300 s. */
  pressure: Record<string, Record<string, number>>;
  disks: Record<
    string,
    { reads: number; readBytes: number; writes: number; writtenBytes: number; busyMilliseconds: number }
  >;
  interfaces: Record<
    string,
    {
      receivedBytes: number;
      receivedPackets: number;
      receiveErrors: number;
      receiveDrops: number;
      sentBytes: number;
      sentPackets: number;
      sendErrors: number;
      sendDrops: number;
    }
  >;
  counters: Record<string, number>;
  sockets: Record<string, number>;
  /** How busy the host was before the scan, where it is sampled; oldest first. */
  history?: Sample[];
}

const tickNames = [
  "user",
  "nice",
  "system",
  "idle",
  "iowait",
  "irq",
  "softirq",
  "steal",
  "guest",
  "guestNice",
];
const sectorBytes = 512;

/** @see https://docs.kernel.org/filesystems/proc.html */
export function readPerformance(probe: Probe): PerformanceFacts {
  const load = (probe.text("/proc/loadavg") ?? "").split(" ");
  const [running, all] = load[3]?.split("/") ?? [];
  const ticks =
    probe
      .lines("/proc/stat")
      .find((line) => line.startsWith("cpu "))
      ?.trim()
      .split(/\s+/)
      .slice(1) ?? [];
  return {
    uptimeSeconds: toNumber(probe.text("/proc/uptime")?.split(" ")[0]),
    load: load.slice(0, 3).flatMap((text) => toNumber(text) ?? []),
    tasks: { running: toNumber(running), all: toNumber(all) },
    cpuTicks: record(tickNames.flatMap((name, index) => present(name, toNumber(ticks[index])))),
    memoryBytes: record(
      [...probe.pairs("/proc/meminfo")].flatMap(([name, text]) =>
        present(name, text.endsWith("kB") ? toBytes(text) : null),
      ),
    ),
    pressure: record(
      ["cpu", "io", "memory", "irq"].flatMap((name) =>
        probe.lines(`/proc/pressure/${name}`).flatMap((line) => {
          const [kind, ...pairs] = line.split(" ");
          const values = pairs.flatMap((pair) => {
            const [key = "", value] = pair.split("=");
            return key.startsWith("avg") ? present(key, toNumber(value)) : [];
          });
          return values.length > 0 ? [[`${name} ${kind}`, record(values)] as const] : [];
        }),
      ),
    ),
    disks: record(
      probe.lines("/proc/diskstats").flatMap((line) => {
        const [, , name, ...columns] = line.trim().split(/\s+/);
        const [reads, , read, , writes, , written, , , busy] = columns.map(Number);
        if (!name || !reads || !Number.isFinite(busy)) return [];
        return [
          [
            name,
            {
              reads: reads ?? 0,
              readBytes: (read ?? 0) * sectorBytes,
              writes: writes ?? 0,
              writtenBytes: (written ?? 0) * sectorBytes,
              busyMilliseconds: busy ?? 0,
            },
          ] as const,
        ];
      }),
    ),
    interfaces: record(
      probe.lines("/proc/net/dev").flatMap((line) => {
        const [, name, rest = ""] = /^\s*([^:|]+):(.*)$/.exec(line) ?? [];
        const n = rest.trim().split(/\s+/).map(Number);
        if (name === undefined || n.length < 16 || !n.every(Number.isFinite)) return [];
        const [
          receivedBytes = 0,
          receivedPackets = 0,
          receiveErrors = 0,
          receiveDrops = 0,
          ,
          ,
          ,
          ,
          sentBytes = 0,
          sentPackets = 0,
          sendErrors = 0,
          sendDrops = 0,
        ] = n;
        return [
          [
            name,
            {
              receivedBytes,
              receivedPackets,
              receiveErrors,
              receiveDrops,
              sentBytes,
              sentPackets,
              sendErrors,
              sendDrops,
            },
          ] as const,
        ];
      }),
    ),
    counters: record(
      probe.lines("/proc/vmstat").flatMap((line) => {
        const [name = "", value] = line.split(" ");
        return present(name, toNumber(value));
      }),
    ),
    sockets: record(
      probe.lines("/proc/net/sockstat").flatMap((line) => {
        const [protocol = "", rest = ""] = line.split(": ");
        const words = rest.trim().split(" ");
        return words.flatMap((word, index) =>
          index % 2 === 0 ? present(`${protocol} ${word}`, toNumber(words[index + 1])) : [],
        );
      }),
    ),
  };
}

function present(name: string, value: number | null): [string, number][] {
  return value === null ? [] : [[name, value]];
}
