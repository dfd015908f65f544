import { freedBytes, undoScript } from "../../host-provisioning/undo/index.ts";
import { packageSet } from "../../test/host-provisioning/reset/lived-in.ts";
import { plan } from "../../test/host-provisioning/undo/planning.ts";
import { differences, TestHost } from "../../test/support/test-host.ts";
import type { Row } from "../report.ts";
import { type Rounds, roundsOf, type Sets } from "./rounds.ts";
import { timed } from "./timing.ts";

const megabytes50 = 50 * 1024 * 1024;

/** Random sets of packages taken away and put back: how long each takes in the host itself, and what is left. */
export async function undoRows(rounds: Rounds, { sets, seed, release }: Sets): Promise<Row[]> {
  const found = await rounds.run("undo", roundsOf({ sets, seed }), async (_, index) => {
    const host = await TestHost.create({ release });
    try {
      const before = await packagesOf(host);
      await host.install(...packageSet(seed + index));
      const packages = (await packagesOf(host)).filter((name) => !before.includes(name));
      const state = await host.state();
      const [planned, planMs] = await timed(() => plan(host, { packages }));
      const [, applyMs] = await timed(() => host.do(planned.script, ["apply"]));
      const [, undoMs] = await timed(() => host.do(undoScript("rst_1"), ["rollback"]));
      const left = differences(state, await host.state());
      for (const line of left) console.log(`DIFFERENCE ${packages.join(" ")}: ${line}`);
      const bytes = freedBytes(planned.rehearsal.changes).apparentBytes;
      return { planMs, applyMs, undoMs, bytes, differences: left.length };
    } finally {
      await host.close();
    }
  });
  if (found.length === 0) return [];
  type OneSet = (typeof found)[number];
  const sum = (of: (each: OneSet) => number) => found.reduce((total, each) => total + of(each), 0);
  const meanSeconds = (of: (each: OneSet) => number) => sum(of) / found.length / 1000;
  const undoSeconds = sum(({ undoMs }) => undoMs) / 1000;
  const per50 = undoSeconds * (megabytes50 / sum(({ bytes }) => bytes));
  return [
    { metric: "undo_sets", value: found.length, unit: "count", goal: { atLeast: sets } },
    {
      metric: "undo_differences",
      value: sum(({ differences }) => differences),
      unit: "count",
      goal: { atMost: 0 },
    },
    { metric: "plan_s", value: meanSeconds(({ planMs }) => planMs), unit: "s" },
    { metric: "apply_s", value: meanSeconds(({ applyMs }) => applyMs), unit: "s" },
    { metric: "undo_s", value: meanSeconds(({ undoMs }) => undoMs), unit: "s" },
    { metric: "undo_s_per_50mb", value: per50, unit: "s", goal: { atMost: 2 } },
  ];
}

async function packagesOf(host: TestHost): Promise<string[]> {
  return (await host.do("dpkg-query -W -f '$" + "{Package}\\n'")).split("\n").filter(Boolean);
}
