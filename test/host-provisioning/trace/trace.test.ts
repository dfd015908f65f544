import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { probeNames, readTrace, traceScript } from "../../../host-provisioning/trace/index.ts";
import { reasonToSkip } from "../../../toolchain/suites/possible.mjs";
import { reasonWithoutTestHosts, TestHost } from "../../support/test-host.ts";

const attached = '{"type": "attached_probes", "data": {"probes": 2}}';

describe("probes of a kernel", () => {
  it("give counts, most first, and histograms, from bpftrace's lines of JSON", () => {
    const counts = [attached, "", '{"type": "map", "data": {"@result": {"sh": 2, "cron job": 30}}}'].join(
      "\n",
    );
    expect(readTrace("system-calls", counts)).toEqual({
      unit: null,
      counts: [
        { of: "cron job", count: 30 },
        { of: "sh", count: 2 },
      ],
      histogram: [],
    });
    const bars = '[{"max": -1, "count": 1}, {"min": 4, "max": 7, "count": 9}, {"min": 1048576, "count": 1}]';
    const hist = `${attached}\n{"type": "hist", "data": {"@result": ${bars}}}\n`;
    expect(readTrace("run-queue", hist)).toEqual({
      unit: "microseconds",
      counts: [],
      histogram: [
        { min: null, max: -1, count: 1 },
        { min: 4, max: 7, count: 9 },
        { min: 1_048_576, max: null, count: 1 },
      ],
    });
    expect(readTrace("run-queue", attached)).toMatchObject({ histogram: [], counts: [] });
  });

  it("that were never attached, or are cut off, are told from those that saw nothing", () => {
    expect(readTrace("system-calls", "")).toBeUndefined();
    expect(readTrace("system-calls", '{"type": "map", "data": {"@result": {"sh": 2')).toBeUndefined();
  });

  it("end after whole seconds, 1 to 60", () => {
    expect(traceScript("disk-latency", 7)).toContain("interval:s:7 { exit(); } END { clear(@issued); }");
    for (const wrong of [0, 61, 1.5, Number.NaN])
      expect(() => traceScript("system-calls", wrong)).toThrow("1 to 60");
  });
});

(reasonWithoutTestHosts() ? describe.skip : describe)("probes on a host", () => {
  let host: TestHost;
  beforeAll(async () => {
    host = await TestHost.create();
  }, 240_000);
  afterAll(() => host.close());

  it.each(probeNames)(
    "%s is refused in words where there is no bpftrace, or the kernel does not allow it",
    async (name) => {
      const { code, stderr, stdout } = await host.run(traceScript(name, 1));
      expect([code, stdout.toString(), stderr]).toEqual([69, "", "bpftrace is not on this host.\n"]);
    },
  );

  it("is refused for whoever is not root", async () => {
    const script = traceScript("system-calls", 1);
    const { code, stderr } = await host.run(
      `exec setpriv --reuid 65534 --clear-groups /bin/sh -s <<'END'\n${script}\nEND\n`,
    );
    expect([code, stderr]).toEqual([69, "Probes of the kernel need root.\n"]);
  });
});

const withBpftrace = !reasonToSkip("root", "bpf", "bpftrace");

(withBpftrace ? describe : describe.skip)("probes of this machine's kernel, by the real bpftrace", () => {
  /** What every kernel with this test on it has seen within a second. */
  const surely = ["system-calls", "run-queue"];

  it.each(probeNames)("%s is attached, tells what it saw, ends by itself, and leaves no mount", (name) => {
    const mounts = () => readFileSync("/proc/self/mounts", "utf8").match(/^.* tracefs .*$/gm) ?? [];
    const before = mounts();
    const { status, stdout } = spawnSync("/bin/sh", ["-s"], {
      input: traceScript(name, 1),
      encoding: "utf8",
    });
    expect(status).toBe(0);
    const { counts, histogram } = readTrace(name, stdout) ?? {
      counts: [{ count: Number.NaN }],
      histogram: [],
    };
    const seen = [...counts, ...histogram].reduce((all, { count }) => all + count, 0);
    expect(seen).toBeGreaterThanOrEqual(surely.includes(name) ? 1 : 0);
    expect(mounts()).toEqual(before);
  });
});
