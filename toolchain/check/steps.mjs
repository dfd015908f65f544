// The steps of `npm run check`, longest first so that two at a time end early.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { run } from "../bootstrap/process.mjs";
import { locate, ROOT } from "../found.mjs";
import { programPath } from "../suites/possible.mjs";
import { checkDocument } from "./docs.mjs";
import { lintFile } from "./lints.mjs";
import { isUnitTest } from "./unit-tests.mjs";

/**
 * @typedef {{path: string, read: () => string}} ProjectFile
 * @typedef {{ok: boolean, text: string, skipped?: string}} Verdict
 * @typedef {{name: string, run: () => Promise<Verdict> | Verdict}} Check
 */

const SOURCE_FOLDERS = [
  "automation-api",
  "components",
  "host-provisioning",
  "plugins",
  "policies",
  "stacks",
  "bench",
  "test",
  "toolchain",
];

/**
 * @param {ProjectFile[]} files
 * @returns {Check[]}
 */
export function checks(files) {
  return [
    { name: "unit tests", run: () => runUnitTests(files) },
    { name: "types", run: () => tool("typescript/bin/tsc", ["--noEmit"]) },
    {
      name: "format and lint",
      run: () => tool("@biomejs/biome/bin/biome", ["check", "--error-on-warnings"]),
    },
    { name: "import rules", run: checkImports },
    { name: "dead code", run: () => tool("knip/bin/knip.js", ["--no-progress"]) },
    { name: "shell", run: () => checkShell(files) },
    {
      name: "own rules",
      run: () => report(files.flatMap(({ path, read }) => lintFile({ path, text: read() }))),
    },
    { name: "documents", run: () => checkDocuments(files) },
    { name: "lock file", run: () => runNode(["toolchain/complete-lock.mjs", "--check"]) },
  ];
}

/** @param {string[]} args @returns {Promise<Verdict>} */
async function runNode(args) {
  const { node } = locate();
  if (!node.found) return { ok: false, text: node.reason };
  /** @type {string[]} */
  const lines = [];
  const { code } = await run(node.path, args, { cwd: ROOT, onLine: (line) => lines.push(line) });
  return { ok: code === 0, text: lines.join("\n") };
}

/** @param {string} script in node_modules @param {string[]} args */
function tool(script, args) {
  return runNode([join("node_modules", script), ...args]);
}

function checkImports() {
  const folders = SOURCE_FOLDERS.filter((folder) => existsSync(join(ROOT, folder)));
  const args = ["--config", ".dependency-cruiser.mjs", "--output-type", "err-long", ...folders];
  return tool("dependency-cruiser/bin/dependency-cruiser.mjs", args);
}

/** @param {ProjectFile[]} files */
async function runUnitTests(files) {
  const read = (/** @type {string} */ path) =>
    existsSync(join(ROOT, path)) ? readFileSync(join(ROOT, path), "utf8") : undefined;
  const tests = files
    .map(({ path }) => path)
    .filter((path) => path.endsWith(".test.ts") && isUnitTest(path, read));
  if (tests.length === 0) return { ok: false, text: "no unit test was found" };
  return runNode([
    "--experimental-vm-modules",
    "--no-warnings",
    "node_modules/jest/bin/jest.js",
    "--silent",
    "-w",
    "1",
    "--runTestsByPath",
    ...tests,
  ]);
}

/** @param {ProjectFile[]} files @returns {Promise<Verdict>} */
async function checkShell(files) {
  const scripts = files.filter(
    ({ path, read }) =>
      /\.(sh|bash)$/.test(path) || (!/\.\w+$/.test(path) && /^#!.*\b(ba)?sh\b/.test(read())),
  );
  const shellcheck = programPath("shellcheck");
  if (!shellcheck) {
    const text = "shellcheck is not installed";
    return process.env.CI ? { ok: false, text } : { ok: true, text, skipped: text };
  }
  const { code, tail } = await run(shellcheck, ["-f", "gcc", ...scripts.map(({ path }) => path)], {
    cwd: ROOT,
  });
  return { ok: code === 0, text: tail.join("\n") };
}

/** @param {ProjectFile[]} files */
function checkDocuments(files) {
  const known = new Set(files.flatMap(({ path }) => [path, ...foldersAbove(path)]));
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const project = {
    exists: (/** @type {string} */ path) => known.has(path.replace(/\/$/, "")),
    scripts: Object.keys(scripts),
  };
  const documents = files.filter(({ path }) => path.endsWith(".md"));
  return report(documents.flatMap(({ path, read }) => checkDocument({ path, text: read() }, project)));
}

/** @param {string} path @returns {string[]} */
function foldersAbove(path) {
  const folder = dirname(path);
  return folder === "." ? [] : [folder, ...foldersAbove(folder)];
}

/** @param {import("./lints.mjs").Fault[]} faults @returns {Verdict} */
function report(faults) {
  return {
    ok: faults.length === 0,
    text: faults.map(({ path, line, rule, message }) => `${path}:${line}  ${rule}: ${message}`).join("\n"),
  };
}
