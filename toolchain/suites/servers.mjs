// Gets the servers that a suite needs while the other suites run.

import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { ROOT } from "../found.mjs";
import { REQUIREMENTS } from "./possible.mjs";

/**
 * The servers of these suites that are to be got now: those that are not in the cache, where things may be installed
 * (in CI, or when ROOST_INSTALL_SYSTEM is 1).
 * @param {{servers?: string[]}[]} suites
 * @param {Record<string, string | undefined>} env
 * @param {(name: string) => boolean} isMissing
 * @returns {string[]}
 */
export function serversToGet(suites, env, isMissing = (name) => lackOf(name) !== undefined) {
  if (!env.CI && env.ROOST_INSTALL_SYSTEM !== "1") return [];
  return [...new Set(suites.flatMap(({ servers = [] }) => servers))].filter(isMissing);
}

/** @param {string} name */
function lackOf(name) {
  return REQUIREMENTS[/** @type {import("./possible.mjs").Need} */ (name)].lack();
}

/**
 * Starts getting them: with one processor and last in line, so that tests beside it keep their time.
 * @param {string[]} names
 * @returns {Promise<string>} what it said; a server that could not be got fails the tests that need it
 */
export function getServers(names) {
  if (names.length === 0) return Promise.resolve("");
  return new Promise((done) => {
    const command = [process.execPath, join(ROOT, "toolchain/servers.mjs"), ...names];
    const child = spawn("nice", ["-n", "19", ...command], {
      cwd: ROOT,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, GOMAXPROCS: "1" },
    });
    // Linux shares its processors among sessions first, and looks at niceness only inside of one (sched(7), autogroup).
    try {
      writeFileSync(`/proc/${child.pid}/autogroup`, "19");
    } catch {
      // No Linux, or one without it: niceness does it all.
    }
    const endGroup = () => {
      if (child.pid && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
    };
    process.once("exit", endGroup);
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk));
    child.once("error", (error) => done(error.message));
    child.once("close", () => {
      process.off("exit", endGroup);
      done(said.trim());
    });
  });
}
