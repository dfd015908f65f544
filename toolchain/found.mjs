// What Roost runs on and where it was found. The one place that looks: the bootstrap, `roost doctor`, the
// engine and the tests all ask here.
//
//   node toolchain/found.mjs          prints what was found
//   node toolchain/found.mjs node     prints one path (node, engine or database)

import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "./bootstrap/cache.mjs";
import { findDatabase } from "./bootstrap/database.mjs";
import { runnableEngine } from "./bootstrap/engine-folder.mjs";
import { engineFolders } from "./bootstrap/engine-install.mjs";
import { chooseEngine, engineCandidates, rememberedVersion } from "./bootstrap/engine-search.mjs";
import { findNode } from "./bootstrap/node-search.mjs";

/**
 * @typedef {import("./bootstrap/engine-search.mjs").Found} Found
 * @typedef {import("./bootstrap/engine-search.mjs").Missing} Missing
 * @typedef {{node: Found | Missing, engine: Found | Missing, database: Found | Missing, cache: string}} Toolchain
 * @typedef {{root?: string, env?: Record<string, string | undefined>, home?: string, uid?: number}} Where
 */

/** The clone that this file is part of. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");

/** The environment variables read by the toolchain, for the settings schema to accept and document. */
export const TOOLCHAIN_SETTINGS = {
  ROOST_ENGINE: "path of the pulumi CLI to use; nothing else is looked for",
  ROOST_CACHE_DIR: "folder of the cache; default ~/.cache/roost, as root /var/cache/roost",
  ROOST_INSTALL_SYSTEM:
    "1 lets `npm test` install missing system packages (root and apt-get needed) and servers (toolchain/servers.mjs)",
};

/** @param {string} [root] @returns {string} the version of the pulumi SDK and so of the CLI, such as "3.259.0" */
export function engineVersion(root = ROOT) {
  return JSON.parse(readFileSync(join(root, "package.json"), "utf8")).dependencies["@pulumi/pulumi"];
}

/**
 * Looks for everything; installs nothing, takes a few milliseconds.
 * @param {Where} [where] defaults: this clone, this process's environment and user
 * @returns {Toolchain}
 */
export function locate(where = {}) {
  const { root = ROOT, env = process.env } = where;
  return {
    node: findNode(root),
    engine: locateEngine(where),
    database: findDatabase(root, env),
    cache: cacheOf(where),
  };
}

/**
 * The pulumi CLI to run.
 * @param {Where} [where]
 * @returns {Found | Missing}
 */
export function locateEngine(where = {}) {
  const { root = ROOT, uid = process.getuid?.() } = where;
  const cache = cacheOf(where);
  const engine = findEngine(where);
  return engine.found
    ? { ...engine, path: runnableEngine({ root, cache, path: engine.path, uid }).path }
    : engine;
}

/**
 * The CLI as it was found, before our plugins are placed beside it.
 * @param {Where} [where]
 */
export function findEngine(where = {}) {
  const { root = ROOT, env = process.env, home = homedir() } = where;
  const cache = cacheOf(where);
  const wanted = engineVersion(root);
  const { official, built } = engineFolders({ root, cache, version: wanted });
  const candidates = engineCandidates({ env, home, made: [official, built] });
  return chooseEngine(candidates, { wanted, readVersion: rememberedVersion(cache) });
}

/** @param {Where} where */
function cacheOf({ env = process.env, uid = process.getuid?.(), home = homedir() }) {
  return cacheFolder(env, uid, home);
}

function main() {
  const all = locate();
  const [name] = process.argv.slice(2);
  if (!name) return console.log(JSON.stringify(all, null, 2));
  const one = name === "node" ? all.node : name === "engine" ? all.engine : all.database;
  if (one.found) return console.log(one.path);
  console.error([one.reason, ...one.next.map((line) => `- ${line}`)].join("\n"));
  process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
