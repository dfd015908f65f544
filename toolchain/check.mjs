// `npm run check`: everything that can be said of the code without starting a server.
//   node toolchain/check.mjs             all steps
//   node toolchain/check.mjs --no-unit   without the unit tests (`npm test` runs them among its suites)
// Each step prints its time; a step that fails prints what it found, and the others still run.

import { availableParallelism } from "node:os";
import process from "node:process";
import { formatSeconds } from "./bootstrap/progress.mjs";
import { projectFiles } from "./check/project-files.mjs";
import { checks } from "./check/steps.mjs";
import { ROOT } from "./found.mjs";

const MOST_LINES = 80;
const steps = checks(projectFiles(ROOT)).filter(
  ({ name }) => name !== "unit tests" || !process.argv.includes("--no-unit"),
);
const started = Date.now();
const waiting = [...steps];
let failed = 0;

async function work() {
  for (let step = waiting.shift(); step; step = waiting.shift()) {
    const from = Date.now();
    const { ok, text, skipped } = await step.run();
    const state = skipped ? `skipped: ${skipped}` : ok ? "ok" : "FAILED";
    console.log(`${step.name.padEnd(16)} ${formatSeconds(Date.now() - from).padStart(7)}  ${state}`);
    if (ok) continue;
    failed += 1;
    const lines = text.trimEnd().split("\n");
    for (const line of lines.slice(0, MOST_LINES)) console.log(`    ${line}`);
    if (lines.length > MOST_LINES) console.log(`    … and ${lines.length - MOST_LINES} more lines`);
  }
}

await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));
const counts = `${steps.length - failed} passed, ${failed} failed`;
console.log(`${"check".padEnd(16)} ${formatSeconds(Date.now() - started).padStart(7)}  ${counts}`);
if (failed > 0) process.exitCode = 1;
