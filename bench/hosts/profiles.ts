import { profileNames } from "../../host-provisioning/reset/index.ts";
import { freedBytes, undoScript } from "../../host-provisioning/undo/index.ts";
import { changedPaths } from "../../test/host-provisioning/reset/changed-paths.ts";
import {
  allocatedBytes,
  livedIn,
  packageSet,
  planProfile,
} from "../../test/host-provisioning/reset/lived-in.ts";
import { differences } from "../../test/support/test-host.ts";
import type { Row } from "../report.ts";

/**
 * The four profiles on hosts that people have used, each of another set of packages by seed: carried out and taken
 * back. What is told beside what happened: paths by name, bytes on the disk in percent.
 */
export async function profileRows(sets: number, seed: number, release?: string): Promise<Row[]> {
  const sums = { resets: 0, differences: 0, paths: 0, wrongPaths: 0, bytes: 0 };
  for (let turn = 0; turn < sets; turn++) {
    const original = await livedIn(seed + turn, packageSet(seed + turn), release);
    const before = await original.state();
    for (const profile of profileNames) {
      const host = await original.copy();
      try {
        const { rehearsal, script } = await planProfile(host, profile);
        const used = await allocatedBytes(host);
        await host.do(script, ["apply"]);
        const changed = changedPaths(before, await host.state());
        const freed = used - (await allocatedBytes(host));
        const told = freedBytes(rehearsal.changes.filter(({ type }) => type !== "d")).allocatedBytes;
        await host.do(undoScript("rst_1"), ["rollback"]);
        const predicted = rehearsal.changes.map(({ path }) => path);
        const wrong = new Set(predicted).symmetricDifference(new Set(changed));
        const left = differences(before, await host.state());
        for (const path of wrong) console.log(`WRONG seed ${seed + turn} ${profile}: ${path}`);
        for (const line of left) console.log(`DIFFERENCE seed ${seed + turn} ${profile}: ${line}`);
        sums.resets++;
        sums.differences += left.length;
        sums.paths += changed.length;
        sums.wrongPaths += wrong.size;
        sums.bytes = Math.max(sums.bytes, (Math.abs(told - freed) / Math.abs(freed)) * 100);
      } finally {
        await host.close();
      }
    }
    await original.close();
  }
  return [
    { metric: "profile_resets", value: sums.resets, unit: "count" },
    { metric: "profile_differences", value: sums.differences, unit: "count", goal: { atMost: 0 } },
    { metric: "profile_paths", value: sums.paths, unit: "count" },
    { metric: "profile_wrong_paths", value: sums.wrongPaths, unit: "count", goal: { atMost: 0 } },
    { metric: "profile_bytes_off_percent", value: sums.bytes, unit: "%", goal: { atMost: 1 } },
  ];
}
