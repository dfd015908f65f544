import { type ProfileName, profileNames } from "../../host-provisioning/reset/index.ts";
import { freedBytes, undoScript } from "../../host-provisioning/undo/index.ts";
import { changedPaths } from "../../test/host-provisioning/reset/changed-paths.ts";
import {
  allocatedBytes,
  livedIn,
  packageSet,
  planProfile,
} from "../../test/host-provisioning/reset/lived-in.ts";
import { differences, type TestHost } from "../../test/support/test-host.ts";
import type { Row } from "../report.ts";
import { type Rounds, roundsOf, type Sets } from "./rounds.ts";

/**
 * The four profiles on hosts that people have used, each of another set of packages by seed: carried out and taken
 * back. What is told beside what happened: paths by name, bytes on the disk in percent.
 */
export async function profileRows(rounds: Rounds, { sets, seed, release }: Sets): Promise<Row[]> {
  const found = await rounds.run("resets", roundsOf({ sets, seed }), async (name, index) => {
    const original = await livedIn(seed + index, packageSet(seed + index), release);
    try {
      const before = await original.state();
      const results = [];
      for (const profile of profileNames) results.push(await reset(original, before, profile, name));
      return results;
    } finally {
      await original.close();
    }
  });
  const resets = found.flat();
  if (resets.length === 0) return [];
  const sum = (of: (each: Reset) => number) => resets.reduce((total, each) => total + of(each), 0);
  const off = Math.max(...resets.map(({ offPercent }) => offPercent));
  const wanted = sets * profileNames.length;
  return [
    { metric: "profile_resets", value: resets.length, unit: "count", goal: { atLeast: wanted } },
    {
      metric: "profile_differences",
      value: sum((each) => each.differences),
      unit: "count",
      goal: { atMost: 0 },
    },
    { metric: "profile_paths", value: sum((each) => each.paths), unit: "count" },
    {
      metric: "profile_wrong_paths",
      value: sum((each) => each.wrongPaths),
      unit: "count",
      goal: { atMost: 0 },
    },
    { metric: "profile_bytes_off_percent", value: off, unit: "%", goal: { atMost: 1 } },
  ];
}

interface Reset {
  differences: number;
  paths: number;
  wrongPaths: number;
  offPercent: number;
}

async function reset(
  original: TestHost,
  before: string[],
  profile: ProfileName,
  seed: string,
): Promise<Reset> {
  const host = await original.copy();
  try {
    const { rehearsal, script } = await planProfile(host, profile);
    const used = await allocatedBytes(host);
    await host.do(script, ["apply"]);
    const changed = changedPaths(before, await host.state());
    const freed = used - (await allocatedBytes(host));
    const told = freedBytes(rehearsal.changes.filter(({ type }) => type !== "d")).allocatedBytes;
    await host.do(undoScript("rst_1"), ["rollback"]);
    const wrong = new Set(rehearsal.changes.map(({ path }) => path)).symmetricDifference(new Set(changed));
    const left = differences(before, await host.state());
    for (const path of wrong) console.log(`WRONG ${seed} ${profile}: ${path}`);
    for (const line of left) console.log(`DIFFERENCE ${seed} ${profile}: ${line}`);
    const offPercent = (Math.abs(told - freed) / Math.abs(freed)) * 100;
    return { differences: left.length, paths: changed.length, wrongPaths: wrong.size, offPercent };
  } finally {
    await host.close();
  }
}
