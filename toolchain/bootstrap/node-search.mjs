// The Node.js that runs Roost: it must run TypeScript files as they are.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { newEnough, numbersOf } from "./engine-search.mjs";

/** @typedef {import("./engine-search.mjs").Found | import("./engine-search.mjs").Missing} Look */

/** @param {string} version @returns {boolean} 22.18 and later of 22, 24 and everything after it */
export function runsTypeScript(version) {
  const [major = 0] = numbersOf(version);
  return major >= 24 || newEnough(version, "22.18.0");
}

/**
 * The project's own Node (the npm package `node`), else the one on PATH if it is new enough.
 * @param {string} root the clone
 * @returns {Look}
 */
export function findNode(root) {
  const own = join(root, "node_modules/.bin/node");
  if (existsSync(own)) {
    const { version } = JSON.parse(readFileSync(join(root, "node_modules/node/package.json"), "utf8"));
    return { found: true, path: own, version, how: "from npm, in this clone" };
  }
  const version = systemVersion();
  if (runsTypeScript(version))
    return { found: true, path: "node", version: version.replace(/^v/, ""), how: "on PATH" };
  return {
    found: false,
    reason: `the npm package "node" is not installed here and the system's Node is ${version || "absent"}`,
    next: [
      "run `npm rebuild node` (install scripts must be allowed for it: npm config get ignore-scripts)",
      "install Node 24 (https://nodejs.org) and run this again",
    ],
  };
}

function systemVersion() {
  try {
    return execFileSync("node", ["--version"], { encoding: "utf8" }).trim();
  } catch {
    return process.version;
  }
}
