// `npm test`: the whole test suite, or a part of it.
//   npm test                    every suite of toolchain/suites.json, after the checks of `npm run check`
//   npm test -- deployments     one suite; a path of a test or folder does as well
// Prints minutes per suite and why anything was skipped; the last line is "N passed, N failed".
// In CI a file that failed runs once more, alone; when it passes then, it is listed as unsteady (docs/decisions/0012).

import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import process from "node:process";
import { projectFiles } from "./check/project-files.mjs";
import { ROOT } from "./found.mjs";
import {
  afterSecondRun,
  assignTests,
  chooseTests,
  closingLine,
  countsOf,
  failuresOf,
  filesToRunAgain,
} from "./suites/plan.mjs";
import { missingPackages } from "./suites/possible.mjs";
import { getServers, serversToGet } from "./suites/servers.mjs";

/**
 * @typedef {import("./suites/plan.mjs").Suite} Suite
 * @typedef {import("./suites/plan.mjs").Counts} Counts
 * @typedef {{name: string, minutes: number, spent: number, counts: Counts, reasons: string[], failures?: string[], unsteady?: string[]}} Result
 */

const GRACE = 1.5;
const inCi = Boolean(process.env.CI);
const scratch = mkdtempSync(join(tmpdir(), "roost-suites-"));

/**
 * Runs a program in a group of its own and ends the group when its time is over.
 * @param {string[]} args of this Node
 * @param {{limitMs: number, env?: NodeJS.ProcessEnv, onOut?: (text: string) => void}} options
 * @returns {Promise<number>} its exit code
 */
function runNode(args, { limitMs, env = process.env, onOut }) {
  return new Promise((done) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env,
      detached: true,
      stdio: ["ignore", onOut ? "pipe" : "inherit", "inherit"],
    });
    const endGroup = () => {
      if (child.pid) process.kill(-child.pid, "SIGKILL");
    };
    const onSignal = () => {
      endGroup();
      process.exit(130);
    };
    const limit = setTimeout(() => {
      console.log(`ended after ${Math.round(limitMs / 60_000)} min`);
      endGroup();
    }, limitMs);
    process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
    child.stdout?.on("data", (chunk) => onOut?.(String(chunk)));
    child.on("close", (code) => {
      clearTimeout(limit);
      process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
      done(code ?? 1);
    });
  });
}

/** @param {Suite} suite @param {string[]} tests @returns {Promise<Result>} */
async function runSuite({ name, minutes, workers }, tests) {
  console.log(`\n── ${name}: ${tests.length} files, ${minutes} min`);
  const started = Date.now();
  const skips = join(scratch, `${name}.skips`);
  const run = async (/** @type {string} */ label, /** @type {string[]} */ files, workers = 0) => {
    const out = join(scratch, `${label}.json`);
    const jest = ["--experimental-vm-modules", "--no-warnings", "node_modules/jest/bin/jest.js"];
    const some = workers > 0 ? ["-w", String(workers)] : [];
    const args = [...jest, "--json", "--outputFile", out, ...some, "--runTestsByPath", ...files];
    const limitMs = minutes * GRACE * 60_000 - (Date.now() - started);
    const exitCode = await runNode(args, { limitMs, env: { ...process.env, SUITE_SKIPS_FILE: skips } });
    return { exitCode, report: existsSync(out) ? JSON.parse(readFileSync(out, "utf8")) : undefined };
  };
  let { exitCode, report } = await run(name, tests, workers);
  /** @type {string[]} */
  let unsteady = [];
  const again = inCi ? filesToRunAgain(report) : [];
  if (again.length > 0) {
    console.log(`\n── ${name}: once more, alone: ${again.map((path) => relative(ROOT, path)).join(", ")}`);
    const second = await run(`${name}-again`, again, 1);
    if (second.report) {
      exitCode = second.exitCode;
      ({ report, unsteady } = afterSecondRun(report, second.report));
    }
  }
  const reasons = existsSync(skips) ? [...new Set(readFileSync(skips, "utf8").trim().split("\n"))] : [];
  const counts = countsOf(report, { exitCode, reasons });
  const spent = (Date.now() - started) / 60_000;
  return { name, minutes, spent, counts, reasons, failures: failuresOf(report), unsteady };
}

/** The steps of `npm run check`, each counted as one test. @returns {Promise<Result>} */
async function runChecks() {
  console.log("── check");
  const started = Date.now();
  let text = "";
  const onOut = (/** @type {string} */ chunk) => {
    text += chunk;
    process.stdout.write(chunk);
  };
  await runNode(["toolchain/check.mjs", "--no-unit"], { limitMs: 5 * 60_000, onOut });
  const [, passed = "0", failed = "1"] = /(\d+) passed, (\d+) failed\s*$/.exec(text) ?? [];
  const counts = { passed: Number(passed), failed: Number(failed), skipped: 0 };
  return { name: "check", minutes: 2, spent: (Date.now() - started) / 60_000, counts, reasons: [] };
}

/** @param {Result[]} results @returns {Counts} */
function report(results) {
  console.log("\nsuite               minutes  budget  passed  failed  skipped");
  for (const { name, minutes, spent, counts, reasons, failures = [], unsteady = [] } of results) {
    const { passed, failed, skipped } = counts;
    const late = spent > minutes ? (inCi ? "  over its budget: failed" : "  over its budget") : "";
    const cells = [
      spent.toFixed(1).padStart(7),
      String(minutes).padStart(6),
      ...[passed, failed, skipped].map((n) => String(n).padStart(6)),
    ];
    console.log(`${name.padEnd(20)}${cells.join("  ")}${late}`);
    for (const reason of reasons) console.log(`    skipped for want of ${reason}`);
    for (const test of failures) console.log(`    failed: ${relative(ROOT, test)}`);
    for (const test of unsteady)
      console.log(`    unsteady, passed in its second run: ${relative(ROOT, test)}`);
  }
  const late = inCi ? results.filter(({ spent, minutes }) => spent > minutes).length : 0;
  const sum = (/** @type {keyof Counts} */ key) =>
    results.reduce((total, { counts }) => total + counts[key], 0);
  return { passed: sum("passed"), failed: sum("failed") + late, skipped: sum("skipped") };
}

async function main() {
  spawnSync("sh", [join(ROOT, "toolchain/system-packages.sh"), ...missingPackages()], { stdio: "inherit" });
  /** @type {{suites: Suite[]}} */
  const { suites } = JSON.parse(readFileSync(join(ROOT, "toolchain/suites.json"), "utf8"));
  const tests = projectFiles(ROOT)
    .map(({ path }) => path)
    .filter((path) => path.endsWith(".test.ts"));
  const { bySuite, homeless } = assignTests(suites, tests);
  const wanted = process.argv.slice(2);
  const { chosen, unknown } = chooseTests(
    bySuite,
    wanted.filter((word) => word !== "check"),
  );
  const faults = [
    ...homeless.map((test) => `${test} belongs to no suite; add its folder to toolchain/suites.json`),
    ...unknown.map(
      (word) =>
        `"${word}" is no suite and no test; suites: check, ${suites.map(({ name }) => name).join(", ")}`,
    ),
  ];
  /** @type {Result[]} */
  const results = [];
  if (faults.length === 0) {
    const servers = serversToGet(
      chosen.map(([suite]) => suite),
      process.env,
    );
    const got = getServers(servers);
    if (wanted.length === 0 || wanted.includes("check")) results.push(await runChecks());
    for (const [suite, files] of chosen) {
      if (suite.servers && servers.length > 0)
        console.log(`\nwaiting for ${servers.join(", ")}\n${await got}`);
      results.push(await runSuite(suite, files));
    }
  }
  const total = report(results);
  for (const fault of faults) console.log(fault);
  const counts = { ...total, failed: total.failed + faults.length };
  if (counts.passed === 0 && counts.failed === 0) {
    console.log("no test was run");
    counts.failed = 1;
  }
  rmSync(scratch, { recursive: true, force: true });
  console.log(closingLine(counts));
  if (counts.failed > 0) process.exitCode = 1;
}

await main();
