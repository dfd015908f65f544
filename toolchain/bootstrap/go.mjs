// The Go compiler that is here, for what is built from pinned modules.

import process from "node:process";
import { newEnough } from "./engine-search.mjs";
import { run } from "./process.mjs";

export const GO_WANTED = "1.26.0";

/** What a build runs with: nothing of the caller's own Go settings decides what comes out. @param {string} bin */
export function buildEnvironment(bin) {
  return {
    ...process.env,
    GOBIN: bin,
    CGO_ENABLED: "0",
    GOTOOLCHAIN: "local",
    GOWORK: "off",
    GOOS: "",
    GOARCH: "",
  };
}

/** @returns {Promise<{path?: string, version?: string, reason?: string}>} */
export async function findGo() {
  const old = [];
  for (const path of ["go", "/usr/local/go/bin/go", "/opt/homebrew/bin/go", "/usr/lib/go/bin/go"]) {
    const { code, tail } = await run(path, ["env", "GOVERSION"], {
      env: { ...process.env, GOTOOLCHAIN: "local" },
    });
    const version = tail.at(-1) ?? "";
    if (code !== 0) continue;
    if (newEnough(fullVersion(version), GO_WANTED)) return { path, version };
    old.push(`${path} is ${version}`);
  }
  return {
    reason:
      old.length > 0
        ? `Go is too old (${old.join(", ")})`
        : `there is no Go ${GO_WANTED} or newer to build it with`,
  };
}

/** @param {string} version "go1.26" or "go1.26.8" @returns {string} "1.26.0", "1.26.8" */
export function fullVersion(version) {
  const [, major = "0", minor = "0", patch = "0"] = /^go(\d+)\.(\d+)(?:\.(\d+))?/.exec(version) ?? [];
  return `${major}.${minor}.${patch}`;
}
