// The commands in README.md are true because CI runs them.
//   node toolchain/suites/readme.mjs test-command     prints the command that runs the tests
//
// A ```sh block is run when the line before it says so:
//   <!-- run -->            run it and wait for its end; a command that fails, fails the block
//   <!-- run: server -->    start it and go on when the server is ready; it is ended after the last block

import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { ROOT } from "../found.mjs";

/** @typedef {{line: number, kind: "wait" | "server", script: string}} Block line: of its first command */

/**
 * The fenced sh blocks of a Markdown text with the comment that marks each.
 * @param {string} text
 * @returns {{line: number, mark: string, script: string}[]}
 */
function shellBlocks(text) {
  const lines = text.split("\n");
  return lines.flatMap((line, at) => {
    if (!/^```(sh|bash|shell)\s*$/.test(line)) return [];
    const end = lines.findIndex((other, position) => position > at && /^```\s*$/.test(other));
    if (end < 0) throw new Error(`the block at line ${at + 1} has no end`);
    const before = lines.slice(0, at).findLast((other) => other.trim() !== "") ?? "";
    const mark = /^<!--\s*(.*?)\s*-->$/.exec(before.trim())?.[1] ?? "";
    return [{ line: at + 2, mark, script: lines.slice(at + 1, end).join("\n") }];
  });
}

/**
 * The blocks to run, in order.
 * @param {string} text
 * @returns {Block[]}
 */
export function runnableBlocks(text) {
  const marked = shellBlocks(text).filter(({ mark }) => mark.startsWith("run"));
  return marked.map(({ line, mark, script }) => {
    if (mark === "run") return { line, kind: "wait", script };
    if (mark === "run: server") return { line, kind: "server", script };
    throw new Error(`line ${line}: "${mark}" is neither "run" nor "run: server"`);
  });
}

/**
 * The documented way to run all tests: the line of a block that begins with `npm test` and asks for no part.
 * @param {string} text
 */
export function testCommand(text) {
  const commands = shellBlocks(text).flatMap(({ script }) => script.split("\n"));
  const command = commands
    .map((line) => line.replace(/\s+#.*$/, "").trim())
    .find((line) => line === "npm test");
  if (!command) throw new Error("README.md has no ```sh block with the line: npm test");
  return command;
}

/**
 * One shell program for the blocks. It ends at the first command that fails; where it was goes to stderr as
 * "README.md:<line>". Addresses with the documented port become those of the server under test.
 * @param {Block[]} blocks
 * @param {{port: number}} options
 */
export function sessionScript(blocks, { port }) {
  const parts = blocks.map(({ line, kind, script }) => {
    const text = script.replaceAll(/\b(127\.0\.0\.1|localhost):8000\b/g, `$1:${port}`);
    const body = kind === "wait" ? text : `start_server <<'ROOST_README_BLOCK'\n${text}\nROOST_README_BLOCK`;
    return `echo "README.md:${line}" >&2\n${body}\n`;
  });
  return `. toolchain/suites/readme-session.sh\n${parts.join("\n")}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] !== "test-command") throw new Error("usage: readme.mjs test-command");
  console.log(testCommand(readFileSync(join(ROOT, "README.md"), "utf8")));
}
