import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { findFaults } from "../../../automation-api/state-backend/integrity.ts";
import { replay } from "../../../automation-api/state-backend/replay.ts";
import { baseOf, journalOf, plans } from "./journal-model.ts";

const runs = { numRuns: 300 };

describe("replaying the journals of generated programs", () => {
  it("gives a state that the engine accepts after every prefix, so a crash at any entry leaves a usable stack", () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const base = baseOf(plan);
        expect(findFaults(base)).toEqual([]);
        const journal = journalOf(plan, base);
        for (const length of Array.from({ length: journal.length + 1 }, (_, count) => count)) {
          const result = replay(base, journal.slice(0, length));
          expect(result.faults).toEqual([]);
          expect(findFaults(result.checkpoint)).toEqual([]);
        }
      }),
      runs,
    );
  });

  it("does not depend on the order of arrival, on duplicates, or on how often it is done", () => {
    fc.assert(
      fc.property(plans, fc.infiniteStream(fc.nat()), (plan, numbers) => {
        const base = baseOf(plan);
        const journal = journalOf(plan, base);
        const frozen = JSON.stringify([base, journal]);
        const expected = replay(base, journal);
        const shuffled = [...journal, ...journal.filter((_, position) => position % 3 === 0)]
          .map((entry) => ({ entry, key: numbers.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ entry }) => entry);
        expect(replay(base, shuffled)).toEqual(expected);
        expect(replay(base, journal)).toEqual(expected);
        expect(JSON.stringify([base, journal])).toBe(frozen);
      }),
      runs,
    );
  });

  it("keeps every create that never ended as a pending operation", () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const base = baseOf(plan);
        const journal = journalOf(plan, base);
        const begun = journal.findIndex((entry) => entry.operation?.type === "creating");
        fc.pre(begun >= 0);
        const state = replay(base, journal.slice(0, begun + 1)).checkpoint.deployment;
        const pending = state?.pending_operations?.map(({ resource, type }) => `${type} ${resource.urn}`);
        expect(pending).toContain(`creating ${journal[begun]?.operation?.resource.urn}`);
        expect(pending?.some((operation) => operation.endsWith("::interrupted"))).toBe(plan.leftOpen);
      }),
      runs,
    );
  });
});
