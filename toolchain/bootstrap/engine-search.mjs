// Where the pulumi CLI may already be, in the order in which it is taken:
//   1. ROOST_ENGINE, an explicit path (nothing else is looked at)
//   2. `pulumi` on PATH, in ~/.pulumi/bin and in ~/.pulumi/versions/*, if new enough
//   3. what an earlier start installed or built into the cache

import { execFileSync } from "node:child_process";
import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";

/**
 * @typedef {{found: true, path: string, version: string, how: string}} Found path is absolute
 * @typedef {{found: false, reason: string, next: string[]}} Missing
 * @typedef {{path: string, how: string}} Candidate
 * @typedef {(path: string) => string} ReadVersion throws when the file is no working CLI
 */

/**
 * Whether a CLI of version `have` can serve where `wanted` is asked for: same major version and not older.
 * @param {string} have for example "v3.260.1"
 * @param {string} wanted for example "3.259.0"
 */
export function newEnough(have, wanted) {
  const [major = 0, minor = 0, patch = 0] = numbersOf(have);
  const [wantedMajor = 0, wantedMinor = 0, wantedPatch = 0] = numbersOf(wanted);
  if (major !== wantedMajor) return false;
  return minor !== wantedMinor ? minor > wantedMinor : patch >= wantedPatch;
}

/** @param {string} version @returns {number[]} empty when it is none */
export function numbersOf(version) {
  return (/^v?(\d+)\.(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number);
}

/**
 * The places to look at, best first.
 * @param {{env: Record<string, string | undefined>, home: string, made: string[]}} where made: the folders of
 *   the cache into which this clone's version is installed or built
 * @returns {Candidate[]}
 */
export function engineCandidates({ env, home, made }) {
  if (env.ROOST_ENGINE) return [{ path: env.ROOST_ENGINE, how: "ROOST_ENGINE" }];
  const own = env.PULUMI_HOME || join(home, ".pulumi");
  const onPath = (env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "" && !folder.includes("node_modules"));
  return [
    ...onPath.map((folder) => ({ path: join(folder, "pulumi"), how: "on PATH" })),
    { path: join(own, "bin/pulumi"), how: `in ${own}` },
    ...versionFolders(join(own, "versions")).map((path) => ({ path, how: `in ${own}` })),
    ...made.map((folder) => ({
      path: join(folder, "bin/pulumi"),
      how: folder.endsWith("-official") ? "by the official installer" : "built from the pinned Go module",
    })),
  ];
}

/** @param {string} folder @returns {string[]} the CLIs in folder/<version>/bin, newest first */
function versionFolders(folder) {
  const newestFirst = (/** @type {string} */ a, /** @type {string} */ b) =>
    b.localeCompare(a, "en", { numeric: true });
  return listFolder(folder)
    .filter((name) => numbersOf(name).length === 3)
    .sort(newestFirst)
    .map((name) => join(folder, name, "bin/pulumi"));
}

/** @param {string} folder */
function listFolder(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/**
 * Takes the first candidate that works and is new enough.
 * @param {Candidate[]} candidates
 * @param {{wanted: string, readVersion: ReadVersion}} options
 * @returns {Found | Missing}
 */
export function chooseEngine(candidates, { wanted, readVersion }) {
  /** @type {string[]} */
  const refused = [];
  const explicit = candidates[0]?.how === "ROOST_ENGINE";
  for (const { path, how } of candidates) {
    if (!isProgram(path)) {
      if (explicit) refused.push(`ROOST_ENGINE names ${path}, which is not an executable file`);
      continue;
    }
    try {
      const version = readVersion(path).replace(/^v/, "");
      if (newEnough(version, wanted)) return { found: true, path: realpathSync(path), version, how };
      refused.push(`${path} is ${version}; ${wanted} or newer of the same major version is needed`);
    } catch (error) {
      refused.push(
        `${path} does not answer to "pulumi version": ${error instanceof Error ? error.message.split("\n")[0] : error}`,
      );
    }
  }
  return {
    found: false,
    reason:
      refused.length > 0
        ? refused.join("\n")
        : `no pulumi CLI ${wanted} or newer on PATH, in ~/.pulumi or in the cache`,
    next: explicit
      ? [
          `let ROOST_ENGINE name a pulumi CLI ${wanted} or newer`,
          "unset ROOST_ENGINE, so that one is looked for or made",
        ]
      : [
          `install pulumi ${wanted} or newer (https://www.pulumi.com/docs/install) and run this again`,
          "set ROOST_ENGINE to the path of a pulumi CLI",
        ],
  };
}

/** @param {string} path */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Asks a CLI for its version, and remembers the answer in the cache by the file's size and time, because
 * asking takes a quarter of a second.
 * @param {string} cache
 * @returns {ReadVersion}
 */
export function rememberedVersion(cache) {
  const memory = join(cache, "versions.json");
  return (path) => {
    const real = realpathSync(path);
    const { size, mtimeMs } = statSync(real);
    const key = `${real} ${size} ${mtimeMs}`;
    const known = readMemory(memory);
    const remembered = known[key];
    if (remembered) return remembered;
    const version = askVersion(real, cache);
    remember(cache, memory, { ...known, [key]: version });
    return version;
  };
}

/** @param {string} path @param {string} cache */
function askVersion(path, cache) {
  const env = {
    PATH: process.env.PATH,
    HOME: cache,
    PULUMI_HOME: join(cache, "pulumi-home"),
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
  const text = execFileSync(path, ["version"], {
    encoding: "utf8",
    env,
    timeout: 20_000,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const version = text.trim();
  if (numbersOf(version).length !== 3) throw new Error(`it says "${version}"`);
  return version;
}

/** @param {string} memory @returns {Record<string, string>} */
function readMemory(memory) {
  try {
    return JSON.parse(readFileSync(memory, "utf8"));
  } catch {
    return {};
  }
}

/** Keeps what was learned where the cache can be written; elsewhere the next caller asks again. */
function remember(
  /** @type {string} */ cache,
  /** @type {string} */ memory,
  /** @type {Record<string, string>} */ known,
) {
  try {
    mkdirSync(cache, { recursive: true });
    const staging = `${memory}.${process.pid}`;
    writeFileSync(staging, JSON.stringify(known));
    renameSync(staging, memory);
  } catch {
    // An unprivileged reader of root's cache comes here.
  }
}
