// The npm packages of this clone: installed once per content of the lock.

import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { contentKey } from "./cache.mjs";
import { Failure } from "./failure.mjs";
import { run } from "./process.mjs";

/** Lies inside node_modules: `npm ci` empties that folder first, so an interrupted installation has no stamp. */
const STAMP = "node_modules/.roost-installed";

/**
 * The key of an installation: the lock, the wanted packages and the platform.
 * @param {string} root the clone
 */
export function dependenciesKey(root) {
  const { dependencies, devDependencies, optionalDependencies, allowScripts } = readJson(
    join(root, "package.json"),
  );
  const wanted = JSON.stringify([dependencies, devDependencies, optionalDependencies, allowScripts]);
  return contentKey([readFileSync(join(root, "package-lock.json")), wanted, process.platform, process.arch]);
}

/**
 * Whether node_modules is what the lock says: by its stamp, or, when somebody ran npm by hand, by npm's own
 * record of what it installed.
 * @param {string} root
 */
export function dependenciesInstalled(root) {
  const stamp = join(root, STAMP);
  if (existsSync(stamp)) return readFileSync(stamp, "utf8") === dependenciesKey(root);
  const record = join(root, "node_modules/.package-lock.json");
  if (!existsSync(record)) return false;
  return agrees(readJson(join(root, "package-lock.json")).packages, readJson(record).packages);
}

/**
 * @typedef {Record<string, {version?: string, optional?: boolean, inBundle?: boolean}>} Packages
 * @param {Packages} wanted the lock's packages
 * @param {Packages} installed npm's record of node_modules
 * @returns {boolean} every needed package is there in the version of the lock, and none in another one
 */
export function agrees(wanted, installed) {
  const complete = Object.entries(wanted).every(
    ([key, { optional }]) => key === "" || optional || key in installed,
  );
  return (
    complete && Object.entries(installed).every(([key, { version }]) => wanted[key]?.version === version)
  );
}

/**
 * Installs what the lock says.
 * @param {string} root
 * @param {(doing: string) => void} say
 */
export async function installDependencies(root, say) {
  say("npm ci (about a minute)");
  const byNpm = process.env.npm_execpath;
  const [command, first] = byNpm ? [process.execPath, [byNpm]] : ["npm", []];
  const args = [...first, "ci", "--include=dev", "--include=optional", "--loglevel=error"];
  const { code, tail } = await run(command, args, { cwd: root });
  if (code !== 0) {
    throw new Failure({
      what: "the npm packages could not be installed (npm ci)",
      why: tail.join("\n") || `npm ended with code ${code}`,
      next: [
        "check that `npm ping` reaches a package registry (proxy settings: npm config get proxy)",
        "run `npm ci` by hand to see its whole output",
        "check that the disk has 2 GB free (df -h .)",
      ],
    });
  }
  await stampDependencies(root);
}

/** Records that node_modules is what the lock says. @param {string} root */
export async function stampDependencies(root) {
  await writeFile(join(root, STAMP), dependenciesKey(root));
}

/** @param {string} path */
function readJson(path) {
  return JSON.parse(readFileSync(path, "utf8"));
}
