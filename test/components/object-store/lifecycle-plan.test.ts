import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { LifecycleRuleArgs, ObjectLockArgs } from "../../../components/object-store/args.ts";
import { checkLifecycle, planLifecycle } from "../../../components/object-store/lifecycle-plan.ts";

describe("the ages of objects", () => {
  it("ends earlier versions, broken uploads and lone delete markers in every store", () => {
    expect(planLifecycle()).toEqual([
      {
        id: "housekeeping",
        status: "Enabled",
        filter: {},
        expiration: { expiredObjectDeleteMarker: true },
        noncurrentVersionExpiration: { noncurrentDays: 90 },
        abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
      },
    ]);
    expect(planLifecycle({}, 7)[0]?.noncurrentVersionExpiration).toEqual({ noncurrentDays: 7 });
  });

  it("plans each rule by its name, in whatever order they are given", () => {
    const logs = { prefix: "logs/", infrequentAfterDays: 30, archiveAfterDays: 90, expireAfterDays: 400 };
    const drafts = { expireAfterDays: 3 };
    const planned = planLifecycle({ logs, drafts });
    expect(planned.slice(1)).toEqual([
      { id: "drafts", status: "Enabled", filter: {}, expiration: { days: 3 } },
      {
        id: "logs",
        status: "Enabled",
        filter: { prefix: "logs/" },
        transitions: [
          { days: 30, storageClass: "STANDARD_IA" },
          { days: 90, storageClass: "GLACIER_IR" },
        ],
        expiration: { days: 400 },
      },
    ]);
    expect(planLifecycle({ drafts, logs })).toEqual(planned);
  });

  it("changes only the rule that is edited, in 10,000 random edits", () => {
    const name = fc.constantFrom("archive", "drafts", "logs", "tmp", "uploads");
    const days = fc.option(fc.integer({ min: 1, max: 400 }), { nil: undefined });
    fc.assert(
      fc.property(fc.array(fc.tuple(name, days), { minLength: 25, maxLength: 25 }), (edits) => {
        let rules: Record<string, LifecycleRuleArgs> = {};
        for (const [edited, expireAfterDays] of edits) {
          const { [edited]: _, ...others } = rules;
          const unedited = () => JSON.stringify(planLifecycle(rules).filter(({ id }) => id !== edited));
          const before = unedited();
          // A rule that is edited also moves to the front of what is given.
          rules = expireAfterDays === undefined ? others : { [edited]: { expireAfterDays }, ...others };
          if (unedited() !== before) throw new Error(`${before} became ${unedited()}`);
        }
      }),
      { numRuns: 400 },
    );
  });

  it.each<[string, string, LifecycleRuleArgs, ObjectLockArgs | undefined, string[]]>([
    ["a rule that is good", "logs", { archiveAfterDays: 1, expireAfterDays: 2 }, undefined, []],
    ["a name that is taken", "housekeeping", { expireAfterDays: 2 }, undefined, ["lifecycle.housekeeping"]],
    ["a name in capitals", "Logs", { expireAfterDays: 2 }, undefined, ["lifecycle.Logs"]],
    ["a rule that does nothing", "logs", { prefix: "a" }, undefined, ["lifecycle.logs"]],
    [
      "Standard-IA before day 30",
      "logs",
      { infrequentAfterDays: 29 },
      undefined,
      ["lifecycle.logs.infrequentAfterDays"],
    ],
    [
      "stages in a wrong order",
      "logs",
      { archiveAfterDays: 90, expireAfterDays: 90 },
      undefined,
      ["lifecycle.logs"],
    ],
    [
      "Standard-IA for less than it is paid for",
      "logs",
      { infrequentAfterDays: 30, archiveAfterDays: 59 },
      undefined,
      ["lifecycle.logs.archiveAfterDays"],
    ],
    ["half a day", "logs", { expireAfterDays: 0.5 }, undefined, ["lifecycle.logs.expireAfterDays"]],
    [
      "an end before the lock's",
      "logs",
      { expireAfterDays: 10 },
      { mode: "GOVERNANCE", days: 11 },
      ["lifecycle.logs.expireAfterDays"],
    ],
  ])("judges %s", (_, name, rule, lock, fields) => {
    expect(checkLifecycle({ [name]: rule }, lock).map(({ field }) => field)).toEqual(fields);
  });
});
