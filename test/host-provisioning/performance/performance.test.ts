import { spawnSync } from "node:child_process";
import { describe, expect, it } from "@jest/globals";
import { marked } from "../../../host-provisioning/facts/index.ts";
import {
  type Reading,
  readReading,
  sampleScript,
  samplesOf,
  type TimedReading,
  toPicture,
} from "../../../host-provisioning/performance/index.ts";

const mark = "0123456789abcdef";
const reading: Reading = {
  ...{ bootedAt: 1_700_000_000, cpuBusy: 1000, cpuAll: 5000 },
  ...{ memoryUsedBytes: 25, memoryBytes: 100, swapUsedBytes: 7 },
  ...{ readBytes: 1000, writtenBytes: 0, rootUsedBytes: 50, rootBytes: 200 },
  ...{ cpuWaited: 0, ioWaited: 1_000_000, memoryWaited: null },
};
const at = (seconds: number, changes: Partial<Reading> = {}): TimedReading => ({
  ...reading,
  ...changes,
  at: new Date(1_800_000_000_000 + seconds * 1000),
});

describe("a reading", () => {
  it("is what this machine's own kernel says, by sh, grep and df alone", () => {
    const { stdout, status } = spawnSync("sh", ["-s"], {
      input: marked(sampleScript, mark),
      encoding: "utf8",
    });
    expect(status).toBe(0);
    const found = readReading(stdout, mark) as Reading;
    expect(found.cpuBusy).toBeGreaterThan(0);
    expect(found.cpuAll).toBeGreaterThan(found.cpuBusy);
    expect(found.memoryBytes).toBeGreaterThan(found.memoryUsedBytes);
    expect(found.bootedAt * 1000).toBeLessThan(Date.now());
    expect(found.rootBytes).toBeGreaterThan(found.rootUsedBytes as number);
  });

  it("that is cut, another's or of a system without /proc is none", () => {
    const { stdout } = spawnSync("sh", ["-s"], { input: marked(sampleScript, mark), encoding: "utf8" });
    for (const part of [stdout.slice(0, -6), stdout.replaceAll("/proc/stat", "/none"), ""])
      expect(readReading(part, mark)).toBeUndefined();
    expect(readReading(stdout, mark.replace("0", "1"))).toBeUndefined();
  });

  it("counts whole disks, not their partitions", () => {
    const text = [
      ...[`== ${mark} self`, `== ${mark} files`],
      "/proc/stat:cpu  10 0 10 80 0 0 0 0 0 0",
      ...["/proc/stat:btime 1700000000", "/proc/meminfo:MemTotal: 100 kB"],
      "/proc/diskstats: 254 0 vda 9 0 20 0 9 0 40 0 0 0 0",
      "/proc/diskstats: 254 1 vda1 9 0 20 0 9 0 40 0 0 0 0",
      ...[`== ${mark} disks`, "vda", `== ${mark} root`, `== ${mark} end`, ""],
    ].join("\n");
    expect(readReading(text, mark)).toMatchObject({
      ...{ readBytes: 20 * 512, writtenBytes: 40 * 512, cpuBusy: 20, cpuAll: 100 },
      ...{ rootBytes: null, cpuWaited: null },
    });
  });
});

describe("samples", () => {
  it("are what lies between readings, whatever was left out between them", () => {
    const readings = [
      at(0),
      at(60, { cpuBusy: 1100, cpuAll: 5200, readBytes: 7000, ioWaited: 7_000_000 }),
      at(120, { cpuBusy: 1400, cpuAll: 5400, readBytes: 7000, ioWaited: 13_000_000, memoryUsedBytes: 50 }),
    ];
    const [first, second] = samplesOf(readings);
    expect(first).toEqual({
      ...{ at: "2027-01-15T08:01:00.000Z", seconds: 60, cpuPercent: 50, memoryPercent: 25, swapUsedBytes: 7 },
      ...{ readBytesPerSecond: 100, writtenBytesPerSecond: 0, diskPercent: 25 },
      ...{ cpuPressurePercent: 0, ioPressurePercent: 10, memoryPressurePercent: null },
    });
    expect(second).toMatchObject({ cpuPercent: 100, memoryPercent: 50, readBytesPerSecond: 0 });
    const [both] = samplesOf([readings[0], readings[2]] as TimedReading[]);
    expect(both).toMatchObject({
      seconds: 120,
      cpuPercent: 100,
      ioPressurePercent: 10,
      readBytesPerSecond: 50,
    });
  });

  it.each([
    ["a start of the host", at(60, { bootedAt: 1_700_000_500, cpuAll: 9000 })],
    ["counters that went back", at(60, { cpuAll: 10 })],
    ["the same moment", at(0)],
  ])("are none across %s", (_what, later) => {
    expect(samplesOf([at(0), later])).toEqual([]);
  });

  it("become a picture with one line for each measure that is known", () => {
    const many = samplesOf(Array.from({ length: 5 }, (_, turn) => at(turn * 60, { cpuAll: 5000 + turn })));
    expect(toPicture(many).match(/<polyline class="\w+" points="0\.0,[\d. ,-]+"\/>/g)).toHaveLength(4);
    expect(toPicture(many.slice(0, 1))).toBe("<p>Too few samples for a picture.</p>");
  });
});
