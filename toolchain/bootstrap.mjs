// Makes a clone ready to run: npm packages, Node, the pulumi engine, our plugins, the database.
//   node toolchain/bootstrap.mjs            everything, or a failure that says what to do
//   node toolchain/bootstrap.mjs --check    only what `npm run check` needs (packages and Node)
//   node toolchain/bootstrap.mjs --test     everything; outside CI the suites that need a missing part are skipped
// Plain JavaScript without dependencies, for Node 20 or newer. A second run finds everything in place.

import { homedir } from "node:os";
import process from "node:process";
import { cacheFolder, withLock } from "./bootstrap/cache.mjs";
import { completeDatabase, findDatabase } from "./bootstrap/database.mjs";
import { dependenciesInstalled, installDependencies } from "./bootstrap/dependencies.mjs";
import { cloneFolder, makeEngineFolder, runnableEngine } from "./bootstrap/engine-folder.mjs";
import { installEngine } from "./bootstrap/engine-install.mjs";
import { Failure } from "./bootstrap/failure.mjs";
import { findNode } from "./bootstrap/node-search.mjs";
import { showStep } from "./bootstrap/progress.mjs";
import { engineVersion, findEngine, ROOT } from "./found.mjs";

/**
 * @typedef {import("./found.mjs").Found} Found
 * @typedef {(doing: string) => void} Say
 * @typedef {{name: string, optional?: boolean, work: (say: Say) => Promise<Found>}} Step
 */

const cache = cacheFolder(process.env, process.getuid?.(), homedir());

/** @type {Step} */
const dependencies = {
  name: "packages",
  work: async (say) => {
    if (!dependenciesInstalled(ROOT)) {
      await withLock(`${cloneFolder(cache, ROOT)}.lock`, {
        onWait: () => say("another start of this clone is installing; waiting for it"),
        work: async () => {
          if (!dependenciesInstalled(ROOT)) await installDependencies(ROOT, say);
        },
      });
    }
    return { found: true, path: "node_modules", version: "as the lock says", how: "npm" };
  },
};

/** @type {Step} */
const node = {
  name: "node",
  work: async () => expect("Node.js 22.18 or newer is not available", findNode(ROOT)),
};

/** @type {Step} */
const engine = {
  name: "engine",
  optional: true,
  work: async (say) => {
    const nodePath = expect("Node.js is not available", findNode(ROOT)).path;
    const version = engineVersion();
    if (!findEngine().found && !process.env.ROOST_ENGINE)
      await installEngine({ root: ROOT, cache, version, nodePath, say });
    const found = expect(`the pulumi CLI ${version} is not available`, findEngine());
    if (!runnableEngine({ root: ROOT, cache, path: found.path }).ready) {
      await makeEngineFolder({ root: ROOT, cache, path: found.path, nodePath, say });
    }
    return { ...found, path: runnableEngine({ root: ROOT, cache, path: found.path }).path };
  },
};

/** @type {Step} */
const database = {
  name: "database",
  optional: true,
  work: async () => {
    const found = expect("there is no PostgreSQL", findDatabase(ROOT, process.env));
    await completeDatabase(ROOT, expect("Node.js is not available", findNode(ROOT)).path);
    return found;
  },
};

/**
 * @param {string} what
 * @param {Found | import("./found.mjs").Missing} look
 * @returns {Found}
 */
function expect(what, look) {
  if (look.found) return look;
  throw new Failure({ what, why: look.reason, next: look.next });
}

/** @param {{steps: Step[], mayMiss: boolean}} plan @returns {Promise<boolean>} whether everything needed is there */
async function carryOut({ steps, mayMiss }) {
  const started = Date.now();
  /** @type {string[]} */
  const ready = [];
  for (const [at, { name, optional, work }] of steps.entries()) {
    try {
      const step = { index: at + 1, total: steps.length, name, output: process.stdout };
      const { version, how } = await showStep(step, work, (found) => `${found.version} (${found.how})`);
      ready.push(`${name} ${version} (${how})`);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      process.stdout.write(`${error.toText()}\n`);
      if (!(optional && mayMiss)) return false;
      process.stdout.write(`  so     the test suites that need the ${name} will be skipped\n`);
    }
  }
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  process.stdout.write(`ready in ${seconds} s: ${ready.slice(1).join(", ")}\n`);
  return true;
}

// What root puts into the cache is run by unprivileged users.
if (process.getuid?.() === 0) process.umask(0o022);

const [mode] = process.argv.slice(2);
if (Number(process.versions.node.split(".")[0]) < 20) {
  process.stdout.write(
    `Node ${process.version} is too old; install Node 20 or newer (https://nodejs.org).\n`,
  );
  process.exitCode = 1;
} else {
  const steps = mode === "--check" ? [dependencies, node] : [dependencies, node, engine, database];
  const done = await carryOut({ steps, mayMiss: mode === "--test" && !process.env.CI });
  if (!done) process.exitCode = 1;
}
