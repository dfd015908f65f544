// Getting the pulumi CLI where none was found: the official installer, then a build from the pinned Go module.

import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdir, readdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { contentKey, publish, withLock } from "./cache.mjs";
import { Failure } from "./failure.mjs";
import { buildEnvironment, findGo, GO_WANTED } from "./go.mjs";
import { run } from "./process.mjs";

const INSTALLER_HOST = "get.pulumi.com";
const CONNECT_LIMIT_MS = 3_000;
const INSTALL_LIMIT_MS = 5 * 60_000;
const BUILD_LIMIT_MS = 30 * 60_000;
const BUILD_TAGS = "osusergo,grpcnotrace";

/** @param {string} version @returns {string[]} arguments of the build after `go` */
export function buildArguments(version) {
  const stamp = `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${version}`;
  return [
    "install",
    "-v",
    "-mod=readonly",
    "-trimpath",
    "-tags",
    BUILD_TAGS,
    "-ldflags",
    `-s -w ${stamp}`,
    "tool",
  ];
}

/**
 * The key of a built engine: everything that decides what the build yields.
 * @param {{moduleFolder: string, version: string, platform?: string, arch?: string}} build
 */
export function buildKey({ moduleFolder, version, platform = process.platform, arch = process.arch }) {
  const files = ["go.mod", "go.sum"].map((name) => readFileSync(join(moduleFolder, name)));
  return contentKey([...files, ...buildArguments(version), platform, arch]);
}

/**
 * The folders in the cache that an installed or built CLI of this clone's version has, best first.
 * @param {{root: string, cache: string, version: string}} options
 */
export function engineFolders({ root, cache, version }) {
  const key = buildKey({ moduleFolder: join(root, "toolchain/engine"), version });
  return {
    official: join(cache, "engine", `${version}-official`),
    built: join(cache, "engine", `${version}-${key}`),
  };
}

/**
 * Installs or builds the CLI into the cache, once, also when several starts want it at the same time.
 * @param {{root: string, cache: string, version: string, nodePath: string, say: (doing: string) => void}} options
 */
export async function installEngine({ root, cache, version, nodePath, say }) {
  const { official, built } = engineFolders({ root, cache, version });
  await withLock(join(cache, "engine.lock"), {
    onWait: () => say("another start is installing the engine; waiting for it"),
    work: async () => {
      if ([official, built].some((folder) => existsSync(join(folder, "bin/pulumi")))) return;
      await removeAbandoned(join(cache, "engine"));
      const staging = join(cache, "engine", `staging-${process.pid}`);
      try {
        const refusal = await runInstaller({ root, staging, version, nodePath, say });
        if (refusal === undefined) return await publish(staging, official);
        await rm(staging, { recursive: true, force: true });
        await build({ moduleFolder: join(root, "toolchain/engine"), staging, version, refusal, say });
        await publish(staging, built);
      } finally {
        await rm(staging, { recursive: true, force: true });
      }
    },
  });
}

/** Removes what a killed installation left. Called by the holder of the lock, so nobody is using it. */
async function removeAbandoned(/** @type {string} */ folder) {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    if (name.startsWith("staging-")) await rm(join(folder, name), { recursive: true, force: true });
  }
}

/**
 * @param {{root: string, staging: string, version: string, nodePath: string, say: (doing: string) => void}} options
 * @returns {Promise<string | undefined>} why it did not work; nothing when it did
 */
async function runInstaller({ root, staging, version, nodePath, say }) {
  say(`asking ${INSTALLER_HOST} for pulumi ${version}`);
  const unreachable = await whyUnreachable(INSTALLER_HOST);
  if (unreachable) return `the official installer is out of reach (${unreachable})`;
  say(`downloading pulumi ${version} from ${INSTALLER_HOST}`);
  const script = join(root, "toolchain/bootstrap/official-installer.mjs");
  const { code, tail } = await run(nodePath, [script, staging], { cwd: root, limitMs: INSTALL_LIMIT_MS });
  if (code === 0 && existsSync(join(staging, "bin/pulumi"))) return undefined;
  return `the official installer failed (${tail.at(-1) ?? `code ${code}`})`;
}

/** @param {string} host @returns {Promise<string | undefined>} */
function whyUnreachable(host) {
  return new Promise((done) => {
    const socket = connect({ host, port: 443 });
    const end = (/** @type {string | undefined} */ reason) => {
      socket.destroy();
      done(reason);
    };
    socket.setTimeout(CONNECT_LIMIT_MS, () => end(`${host} does not answer`));
    socket.once("connect", () => end(undefined));
    socket.once("error", (error) => end(error.message));
  });
}

/**
 * Builds the CLI. The downloads and the compiler's results stay in Go's own caches.
 * @param {{moduleFolder: string, staging: string, version: string, refusal: string, say: (doing: string) => void}} options
 */
async function build({ moduleFolder, staging, version, refusal, say }) {
  const go = await findGo();
  if (!go.path) {
    throw new Failure({
      what: `the pulumi CLI ${version} is not here and could not be made`,
      why: `${refusal}; ${go.reason}`,
      next: [
        `install Go ${GO_WANTED} or newer (https://go.dev/dl) and run this again: it is then built, a few minutes, once`,
        `install pulumi ${version} or newer of the same major version (https://www.pulumi.com/docs/install)`,
        "set ROOST_ENGINE to the path of a pulumi CLI",
      ],
    });
  }
  const bin = join(staging, "bin");
  await mkdir(bin, { recursive: true });
  const env = buildEnvironment(bin);
  let compiled = 0;
  let downloaded = 0;
  say(`building pulumi ${version} with ${go.version} (a few minutes, once)`);
  const onLine = (/** @type {string} */ line) => {
    if (line.startsWith("go: downloading")) downloaded += 1;
    else compiled += 1;
    say(
      `building pulumi ${version} with ${go.version}: ${downloaded} modules fetched, ${compiled} packages compiled`,
    );
  };
  const { code, tail } = await run(go.path, buildArguments(version), {
    cwd: moduleFolder,
    env,
    limitMs: BUILD_LIMIT_MS,
    onLine,
  });
  if (code !== 0 || !existsSync(join(bin, "pulumi"))) {
    throw new Failure({
      what: `the pulumi CLI ${version} could not be built`,
      why: `${refusal}; go ended with code ${code}:\n${tail.slice(-8).join("\n")}`,
      next: [
        "check that `go env GOPROXY` names a proxy that this machine reaches",
        "check that the disk has 3 GB free (df -h ~)",
        `install pulumi ${version} or newer by other means, on PATH or named by ROOST_ENGINE`,
      ],
    });
  }
  await chmod(join(bin, "pulumi"), 0o755);
}
