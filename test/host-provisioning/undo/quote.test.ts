import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { actionScript, emptyDraft, quote, undoScript } from "../../../host-provisioning/undo/index.ts";
import { programPath } from "../../../toolchain/suites/possible.mjs";

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

const shells = [["dash"], ["bash"], ["busybox", "sh"]].filter(([program = ""]) => programPath(program));

describe.each(shells.map((words) => [words.join(" "), words] as const))(
  "a quoted value in %s",
  (_name, words) => {
    it("is the value, and nothing of it runs: 10,000 values, 1,000 to a process", () => {
      for (let turn = 0; turn < 10; turn++) {
        const values = fc.sample(hostile, { numRuns: 1000, seed: turn });
        const script = values.map((value) => `printf '%s\\0' ${quote(value)}`).join("\n");
        const { status, stdout } = spawnSync(words[0] as string, [...words.slice(1), "-s"], {
          input: script,
        });
        expect(status).toBe(0);
        expect(stdout.toString().split("\0").slice(0, -1)).toEqual(values);
        expect(existsSync(canary)).toBe(false);
      }
    }, 60_000);

    it("changes nothing of what a whole script is: it parses, and without its last line it does nothing", () => {
      for (const value of fc.sample(hostile, { numRuns: 100, seed: 1 })) {
        const script = actionScript({
          ...{ ...emptyDraft, id: "a", expected: value, confirmSeconds: 0 },
          live: [{ path: value, before: value }],
          refresh: [{ how: "reload", unit: value }],
          ...{
            scope: [value],
            trees: [value],
            units: [value],
            steps: [["purge", value]],
            goals: [["gone", value]],
          },
        });
        const cut = script.slice(0, script.lastIndexOf("main"));
        const { status, stdout, stderr } = spawnSync(words[0] as string, [...words.slice(1), "-s", "apply"], {
          input: cut,
        });
        expect([status, stdout.toString(), stderr.toString()]).toEqual([0, "", ""]);
        expect(existsSync(canary)).toBe(false);
      }
    }, 60_000);
  },
);

it("what cannot be a word, a name or a record is refused", () => {
  expect(() => quote("a\0b")).toThrow("NUL");
  for (const id of ["", "a/b", "../a", "a b", "a'", "x".repeat(65)])
    expect(() => undoScript(id)).toThrow("record");
});
