import { expect, it } from "@jest/globals";
import { confirmation, type Runs, stateOf } from "../../../automation-api/host-actions/domain.ts";

const runs = (fields: Partial<Runs>): Runs => ({
  ...{ apply: null, confirmation: null, undo: null, confirmSeconds: 0, endedAt: null, isReverted: false },
  ...fields,
});
const done = { apply: "succeeded", confirmSeconds: 120, endedAt: new Date(1_000_000) } as const;

it.each([
  ["planned", {}, 0],
  ["applying", { apply: "queued" }, 0],
  ["applying", { apply: "running", confirmSeconds: 120 }, 0],
  ["failed", { apply: "failed", confirmSeconds: 120 }, 0],
  ["failed", { apply: "cancelled" }, 0],
  ["applied", { apply: "succeeded" }, 0],
  ["unconfirmed", done, 1_119_999],
  ["unconfirmed", { ...done, confirmation: "failed" }, 1_119_999],
  ["lapsed", done, 1_120_001],
  ["confirming", { ...done, confirmation: "running" }, 1_120_001],
  ["applied", { ...done, confirmation: "succeeded" }, 1_120_001],
  ["undone", { apply: "succeeded", isReverted: true }, 0],
  ["undoing", { ...done, undo: "queued" }, 0],
  ["undone", { ...done, confirmation: "succeeded", undo: "succeeded" }, 0],
  ["applied", { apply: "succeeded", undo: "failed" }, 0],
] as [string, Partial<Runs>, number][])("an action is %s after %j", (state, fields, now) => {
  expect(stateOf(runs(fields), new Date(now))).toBe(state);
});

it("the words of a confirmation fit one plan of one host", () => {
  expect(confirmation("reset", "web", "ab".repeat(32))).toBe("reset web abababababab");
});
