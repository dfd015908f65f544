#!/usr/bin/env node
// Adds what a filtered package registry leaves out of package-lock.json.
//
// Packages such as Biome or swc list one optional package per platform. A registry that carries only some
// platforms makes `npm install` drop the others from the lock, and `npm ci` then refuses the lock ("Missing:
// … from lock file"). Each dropped package gets a stub entry here: name, exact version and platform, so that
// `npm ci` passes and other platforms fetch theirs by version.
//
//   node toolchain/complete-lock.mjs           write the missing entries
//   node toolchain/complete-lock.mjs --check   fail when something is missing

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/**
 * @typedef {{version?: string, dev?: boolean, optional?: boolean, optionalDependencies?: Record<string, string>}} Entry
 * @typedef {Record<string, Entry & {os?: string[], cpu?: string[], libc?: string[]}>} Packages
 */

const SYSTEMS = ["android", "darwin", "linux", "win32", "freebsd", "openharmony"];
const PROCESSORS = ["arm64", "x64", "ia32", "ppc64", "riscv64", "s390x", "loong64"];

/**
 * What a platform package's name says about where it runs.
 * @param {string} name for example "@swc/core-linux-arm-gnueabihf"
 * @returns {{os?: string[], cpu?: string[], libc?: string[]}} empty where the name says nothing
 */
export function platformOf(name) {
  const words = name.split("/").pop()?.split("-") ?? [];
  const os = SYSTEMS.find((system) => words.includes(system));
  const cpu =
    PROCESSORS.find((processor) => words.includes(processor)) ?? (words.includes("arm") ? "arm" : undefined);
  const libc =
    os !== "linux"
      ? undefined
      : words.some((word) => word.startsWith("musl"))
        ? "musl"
        : words.some((word) => word.startsWith("gnu"))
          ? "glibc"
          : undefined;
  return { ...(cpu && { cpu: [cpu] }), ...(libc && { libc: [libc] }), ...(os && { os: [os] }) };
}

/**
 * The lock keys at which npm would find `name` when `from` asks for it, nearest first.
 * @param {string} from
 * @param {string} name
 */
function candidates(from, name) {
  const keys = [];
  let folder = from;
  for (;;) {
    keys.push(folder === "" ? `node_modules/${name}` : `${folder}/node_modules/${name}`);
    if (folder === "") return keys;
    const cut = folder.lastIndexOf("/node_modules/");
    folder = cut < 0 ? "" : folder.slice(0, cut);
  }
}

/**
 * The entries that a lock lacks.
 * @param {Packages} packages the lock's "packages"
 * @returns {Packages} stub entries by lock key; empty when the lock is complete
 */
export function missingEntries(packages) {
  /** @type {Packages} */
  const missing = {};
  for (const [from, entry] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (candidates(from, name).some((key) => packages[key])) continue;
      missing[`node_modules/${name}`] = {
        version,
        ...(entry.dev && { dev: true }),
        ...platformOf(name),
        optional: true,
      };
    }
  }
  return missing;
}

/**
 * The lock with its missing entries added and its keys in npm's order.
 * @param {{packages: Packages}} lock
 */
export function completeLock(lock) {
  const entries = Object.entries({ ...lock.packages, ...missingEntries(lock.packages) });
  return { ...lock, packages: Object.fromEntries(entries.sort(([a], [b]) => a.localeCompare(b, "en"))) };
}

function main() {
  const path = join(dirname(fileURLToPath(import.meta.url)), "..", "package-lock.json");
  const lock = JSON.parse(readFileSync(path, "utf8"));
  const missing = Object.keys(missingEntries(lock.packages));
  if (missing.length === 0) return console.log("package-lock.json is complete");
  if (process.argv.includes("--check")) {
    console.error(`package-lock.json lacks ${missing.length} platform packages (first: ${missing[0]}).`);
    console.error("Run: node toolchain/complete-lock.mjs");
    process.exitCode = 1;
    return;
  }
  writeFileSync(path, `${JSON.stringify(completeLock(lock), null, 2)}\n`);
  console.log(`package-lock.json: added ${missing.length} platform packages`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
