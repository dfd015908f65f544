import { describe, expect, it } from "@jest/globals";
import type { FileLifecycleArgs, FileThroughput } from "../../../components/file-system/args.ts";
import { checkSubnets } from "../../../components/file-system/check.ts";
import { checkFileLifecycle, planFileLifecycle } from "../../../components/file-system/lifecycle-plan.ts";

describe("where files go that nobody reads", () => {
  it.each<[string, FileLifecycleArgs, FileThroughput, string[]]>([
    ["by default", {}, "elastic", ["AFTER_30_DAYS", "AFTER_90_DAYS", "AFTER_1_ACCESS"]],
    ["with bursting throughput, which knows no archive", {}, "bursting", ["AFTER_30_DAYS", "AFTER_1_ACCESS"]],
    [
      "after a day, for good",
      { infrequentAfterDays: 1, archiveAfterDays: 7, backOnAccess: false },
      "elastic",
      ["AFTER_1_DAY", "AFTER_7_DAYS"],
    ],
    ["nowhere", { enabled: false }, "elastic", []],
  ])("%s", (_, lifecycle, throughput, values) => {
    const planned = planFileLifecycle(lifecycle, throughput);
    expect(planned.flatMap((policy) => Object.values(policy))).toEqual(values);
    // EFS takes one transition in each policy.
    for (const policy of planned) expect(Object.keys(policy)).toHaveLength(1);
    expect(checkFileLifecycle(lifecycle, throughput)).toEqual([]);
  });

  it.each<[string, FileLifecycleArgs, FileThroughput | undefined, string[]]>([
    ["a period that EFS lacks", { infrequentAfterDays: 2 }, undefined, ["lifecycle.infrequentAfterDays"]],
    [
      "an archive before infrequent access",
      { archiveAfterDays: 30 },
      undefined,
      ["lifecycle.archiveAfterDays"],
    ],
    [
      "infrequent access after the archive that is the default",
      { infrequentAfterDays: 90 },
      undefined,
      ["lifecycle.archiveAfterDays"],
    ],
    ["an archive that is not there", { archiveAfterDays: 90 }, "bursting", ["lifecycle.archiveAfterDays"]],
  ])("refuses %s", (_, lifecycle, throughput, fields) => {
    expect(checkFileLifecycle(lifecycle, throughput).map(({ field }) => field)).toEqual(fields);
  });
});

describe("the zones of a file system", () => {
  it("are as many as the network's data subnets", () => {
    expect(checkSubnets(["a", "b"], 2)).toEqual([]);
    expect(checkSubnets(["a", "b"], 3)).toEqual([
      { field: "network.dataSubnetIds", value: 3, allowed: "2, one for each of zones" },
    ]);
  });
});
