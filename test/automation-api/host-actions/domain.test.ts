import { expect, it } from "@jest/globals";
import {
  confirmation,
  newHostKey,
  progressOf,
  type Runs,
  stateOf,
} from "../../../automation-api/host-actions/domain.ts";

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

it.each([
  ["state committed\ntouched 3\n", undefined],
  [undefined, undefined],
  ["host-key ecdsa-x AAAA\nhost-key ssh-ed25519 BBBB\nhost-key ssh-rsa CCCC=\n", "ssh-rsa CCCC="],
  ["host-key ecdsa-x AAAA\nhost-key ssh-ed25519 BBBB\n", "ssh-ed25519 BBBB"],
  ["host-key ecdsa-x AAAA\n", "ecdsa-x AAAA"],
  ["host-key ssh-rsa CCCC with more\nhost-key\n", undefined],
])("of %j the new key of a host that is pinned to an RSA key is %j", (reply, key) => {
  expect(newHostKey(reply, "ssh-rsa AAAA")).toBe(key);
});

it("how far a job is, is what its journal says", () => {
  expect(progressOf("state executing 3/12\nbytes 7\n")).toEqual({ state: "executing", step: 3, steps: 12 });
  expect(progressOf("state undoing\n")).toEqual({ state: "undoing", step: null, steps: null });
  expect(progressOf("what a login prints\n")).toBeNull();
});

it("the words of a confirmation fit one plan of one host", () => {
  expect(confirmation("reset", "web", "ab".repeat(32))).toBe("reset web abababababab");
});
