// Keycloak: the official distribution, as Maven's central registry has it.

import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { pipeline } from "node:stream/promises";
import { publish, withLock } from "../bootstrap/cache.mjs";
import { run } from "../bootstrap/process.mjs";
import { locate } from "../found.mjs";

/** The newest whose distribution the registry has. */
const VERSION = "26.4.5";
const SHA256 = "72f73642a2c36de797d51b4b2b342d4a49f6e5832af10aa470cd123627bd80b3";
/** The plugin's version too, or Maven takes the one that it finds newest. */
const COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy";
const LIMIT_MS = 10 * 60_000;

/** Where it is, once it was got. @returns {string} */
export function keycloakFolder() {
  return join(locate().cache, "keycloak", VERSION);
}

/** @type {import("../servers.mjs").Server} */
export const KEYCLOAK = {
  lack: () =>
    existsSync(join(keycloakFolder(), "bin/kc.sh"))
      ? undefined
      : `Keycloak ${VERSION} is not in the cache; node toolchain/servers.mjs keycloak gets it`,
  get: async (say) => {
    const folder = keycloakFolder();
    await withLock(`${folder}.lock`, {
      onWait: () => say("another start is getting it; waiting for it"),
      work: async () => {
        if (KEYCLOAK.lack() === undefined) return;
        const staging = `${folder}.staging-${process.pid}`;
        try {
          await mkdir(staging, { recursive: true });
          await unpack(await download(staging, say), staging);
          await publish(join(staging, `keycloak-${VERSION}`), folder);
        } finally {
          await rm(staging, { recursive: true, force: true });
        }
      },
    });
  },
};

/** @param {string} folder @param {(line: string) => void} say @returns {Promise<string>} path of the archive */
async function download(folder, say) {
  say(`downloading version ${VERSION} with Maven`);
  const artifact = `-Dartifact=org.keycloak:keycloak-quarkus-dist:${VERSION}:zip`;
  await must("mvn", ["-B", "-q", COPY, artifact, `-DoutputDirectory=${folder}`]);
  const archive = join(folder, `keycloak-quarkus-dist-${VERSION}.zip`);
  const hash = createHash("sha256");
  await pipeline(createReadStream(archive), hash);
  const sum = hash.digest("hex");
  if (sum !== SHA256) throw new Error(`the archive's SHA-256 is ${sum}, not ${SHA256}`);
  return archive;
}

/** @param {string} archive @param {string} folder */
async function unpack(archive, folder) {
  await must("unzip", ["-q", archive, "-d", folder]);
}

/** @param {string} command @param {string[]} args */
async function must(command, args) {
  const { code, tail } = await run(command, args, { limitMs: LIMIT_MS });
  if (code !== 0) throw new Error([`${command} ended with code ${code}`, ...tail].join("\n"));
}
