import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { findFaults } from "../../../automation-api/state-backend/integrity.ts";
import { renameState } from "../../../automation-api/state-backend/renaming.ts";
import { baseOf, plans } from "./journal-model.ts";

const there = { oldProject: "proj", oldStack: "dev", project: "other", stack: "test" };
const back = { oldProject: "other", oldStack: "test", project: "proj", stack: "dev" };

describe("renameState", () => {
  it("leaves no old name in any URN, keeps the state valid, and can be undone", () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const before = baseOf(plan);
        const after = renameState(before, there);
        expect(JSON.stringify(after)).not.toContain("urn:pulumi:dev::proj::");
        expect(findFaults(after)).toEqual([]);
        expect(renameState(after, back)).toEqual(before);
      }),
    );
  });

  it("follows references among properties, and leaves those to other stacks alone", () => {
    const signature = { "4dabf18193072939515e22adb298388d": "5cf8f73096256a8f31e491e813e4eb8e" };
    const own = { ...signature, urn: "urn:pulumi:dev::proj::a:b:c::x" };
    const foreign = { ...signature, urn: "urn:pulumi:prod::proj::a:b:c::x" };
    const resource = {
      urn: "urn:pulumi:dev::proj::a:b:c::y",
      type: "a:b:c",
      inputs: { list: [{ own }], foreign, text: own.urn },
    };
    const manifest = { time: "", magic: "", version: "" };
    const renamed = renameState({ version: 3, deployment: { manifest, resources: [resource] } }, there);
    expect(renamed.deployment?.resources?.[0]).toEqual({
      urn: "urn:pulumi:test::other::a:b:c::y",
      type: "a:b:c",
      inputs: {
        list: [{ own: { ...signature, urn: "urn:pulumi:test::other::a:b:c::x" } }],
        foreign,
        text: own.urn,
      },
    });
  });
});
