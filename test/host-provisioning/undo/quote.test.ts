import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  type Action,
  actionScript,
  emptyDraft,
  quote,
  undoScript,
} from "../../../host-provisioning/undo/index.ts";
import { programPath, reasonToSkip } from "../../../toolchain/suites/possible.mjs";

const folder = mkdtempSync(path.join(tmpdir(), "roost-quote-"));
const canary = path.join(folder, "ran");
afterAll(() => rmSync(folder, { recursive: true }));

/** Pieces of which attacks are made, between any other characters. */
const pieces = [
  ...[
    "'",
    '"',
    "`",
    "$(",
    ")",
    "${",
    "}",
    ";",
    "&",
    "|",
    "\n",
    "\r",
    "\\",
    "!",
    "*",
    "?",
    "[",
    "~",
    "#",
    "<",
    ">",
    "=",
    " ",
    "\t",
    "-",
  ],
  ...[
    `touch ${canary}`,
    `$(touch ${canary})`,
    `';touch ${canary};'`,
    `\ntouch ${canary}\n`,
    "EOF",
    "--",
    "\u00a0",
    "é",
    "𝄞",
  ],
];
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: "binary", maxLength: 4 })), { maxLength: 12 })
  .map((parts) => parts.join("").replaceAll("\0", "").toWellFormed());

const reason = reasonToSkip("busybox");
const shells = [["dash"], ["bash"], ...(reason ? [] : [["busybox", "sh"]])].filter(([program = ""]) =>
  programPath(program),
);
const perProcess = 1000;
const chunks = Array.from({ length: 100 }, (_, seed) => fc.sample(hostile, { numRuns: perProcess, seed }));

/** An action in which each of these values is a parameter, and in which order its own functions are given them. */
function actionWith(values: string[]): { action: Action; order: string[] } {
  const part = (at: number) => values.slice((at * values.length) / 8, ((at + 1) * values.length) / 8);
  const [prepare, scope, trees, live, refresh, units, steps, goals] = Array.from({ length: 8 }, (_, at) =>
    part(at),
  ) as [string[], string[], string[], string[], string[], string[], string[], string[]];
  const action: Action = {
    ...{ ...emptyDraft, id: "a", expected: values[0] ?? "", confirmSeconds: 0, functions: recorder },
    prepare: prepare.map((value) => ["take", value]),
    live: live.map((value) => ({ path: value, before: value })),
    refresh: refresh.map((unit) => ({ how: "reload", unit })),
    ...{ scope, trees, units },
    steps: steps.map((value) => ["take", value, value]),
    goals: goals.map((value) => ["take", value]),
  };
  const twice = (part: string[]) => part.flatMap((value) => [value, value]);
  return {
    action,
    order: [...prepare, ...scope, ...trees, ...twice(live), ...refresh, ...units, ...twice(steps), ...goals],
  };
}

/** Takes the place of what acts, and tells what it was given. */
const recorder = `take() { printf '%s\\0' "$@"; }`;
const told = `
in_scope() { take "$@"; }
tree_in_scope() { take "$@"; }
live_in_scope() { take "$@"; }
refresh_in_scope() { shift; take "$@"; }
stop_unit() { take "$@"; }
step() { "$@"; }
plan_prepare; plan_scope; plan_units; plan_steps; plan_goals
`;

const run = (words: string[], verb: string, input: string) => {
  const { status, stdout } = spawnSync(words[0] as string, [...words.slice(1), "-s", verb], { input });
  return { status, seen: stdout.toString().split("\0").slice(0, -1) };
};
const verbs = ["apply", "rehearse", "verify", "confirm", "status", "rollback"];

describe.each(shells.map((words) => [words.join(" "), words] as const))(
  "100,000 hostile values in %s, 1,000 to a process",
  (_name, words) => {
    it("come as parameters of whole actions, as they are, to what acts, whatever the verb; without its last line a script does nothing", () => {
      for (const [turn, values] of chunks.entries()) {
        const { action, order } = actionWith(values);
        const script = actionScript(action);
        const cut = script.slice(0, script.lastIndexOf("main"));
        const verb = verbs[turn % verbs.length] as string;
        expect(run(words, verb, cut + told)).toEqual({ status: 0, seen: order });
        if (turn < verbs.length) expect(run(words, verb, cut)).toEqual({ status: 0, seen: [] });
        expect(existsSync(canary)).toBe(false);
      }
    }, 120_000);
  },
);

it("what cannot be a word, a name or a record is refused", () => {
  expect(() => quote("a\0b")).toThrow("NUL");
  for (const id of ["", "a/b", "../a", "a b", "a'", "x".repeat(65)])
    expect(() => undoScript(id)).toThrow("record");
});
