// kube-apiserver and the etcd that it keeps its objects in: built from pinned Go modules. Replaces of 33 modules are
// needed because k8s.io/kubernetes names its own parts by v0.0.0.

import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { contentKey, publish, withLock } from "../bootstrap/cache.mjs";
import { buildEnvironment, findGo, GO_WANTED } from "../bootstrap/go.mjs";
import { run } from "../bootstrap/process.mjs";
import { locate, ROOT } from "../found.mjs";

const VERSION = "1.36.4";
const MODULE = join(ROOT, "toolchain/servers/kubernetes");
const LIMIT_MS = 60 * 60_000;
const STAMPS = {
  gitVersion: `v${VERSION}`,
  gitMajor: "1",
  gitMinor: "36",
  gitTreeState: "clean",
  gitCommit: "unknown",
  buildDate: "1970-01-01T00:00:00Z",
};
const LINK = [
  "-s",
  "-w",
  ...Object.entries(STAMPS).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`),
].join(" ");
const BUILD = ["install", "-v", "-mod=readonly", "-trimpath", "-ldflags", LINK, "tool"];

/** Where `etcd` and `kube-apiserver` are, once they were built. @returns {string} */
export function kubernetesFolder() {
  const files = ["go.mod", "go.sum"].map((name) => readFileSync(join(MODULE, name)));
  const key = contentKey([...files, ...BUILD, process.platform, process.arch]);
  return join(locate().cache, "kubernetes", `${VERSION}-${key}`);
}

/** @type {import("../servers.mjs").Server} */
export const KUBERNETES = {
  lack: () =>
    existsSync(join(kubernetesFolder(), "kube-apiserver"))
      ? undefined
      : `kube-apiserver ${VERSION} is not in the cache; node toolchain/servers.mjs kube-apiserver builds it`,
  get: async (say) => {
    const folder = kubernetesFolder();
    await withLock(`${folder}.lock`, {
      onWait: () => say("another start is building it; waiting for it"),
      work: async () => {
        if (KUBERNETES.lack() === undefined) return;
        const staging = `${folder}.staging-${process.pid}`;
        try {
          await mkdir(staging, { recursive: true });
          await build(staging, say);
          await publish(staging, folder);
        } finally {
          await rm(staging, { recursive: true, force: true });
        }
      },
    });
  },
};

/** @param {string} bin @param {(line: string) => void} say */
async function build(bin, say) {
  const go = await findGo();
  if (!go.path)
    throw new Error(
      `${go.reason}; install Go ${GO_WANTED} or newer (https://go.dev/dl), then run this again`,
    );
  say(`building version ${VERSION} with ${go.version} (6 minutes of two processors, once)`);
  const { code, tail } = await run(go.path, BUILD, {
    cwd: MODULE,
    env: buildEnvironment(bin),
    limitMs: LIMIT_MS,
  });
  if (code !== 0) throw new Error([`go ended with code ${code}`, ...tail.slice(-8)].join("\n"));
  // etcd's main package is named "server".
  await rename(join(bin, "server"), join(bin, "etcd"));
}
