// The folder that the CLI is run from. The engine looks for plugins beside its own executable, so what an
// official installation has there must be there too: the language host, the shim for dynamic providers, and
// our providers. A CLI that has its language host is used where it is. For any other one a folder of this
// clone is made in the cache, with a link to the CLI and the missing pieces; the found CLI's own folder
// belongs to somebody else and is not written to.

import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { chmod, copyFile, link, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, parse } from "node:path";
import process from "node:process";
import { contentKey, publish, withLock } from "./cache.mjs";
import { Failure } from "./failure.mjs";
import { run } from "./process.mjs";

const SHIM = "pulumi-resource-pulumi-nodejs";
const RECORD = "clone.json";

/** @param {string} cache @param {string} root the clone @returns {string} the clone's folder in the cache */
export function cloneFolder(cache, root) {
  return join(cache, "clones", contentKey([realpathSync(root)]));
}

/**
 * The path to run for a found CLI: its own, or the one in the folder made for this clone.
 * @param {{root: string, cache: string, path: string, uid?: number}} engine
 * @returns {{path: string, ready: boolean}} ready: everything it needs is beside it
 */
export function runnableEngine({ root, cache, path, uid = process.getuid?.() }) {
  const complete = existsSync(join(dirname(path), "pulumi-language-nodejs"));
  if (complete && (uid !== 0 || reachableByAll(path))) return { path, ready: true };
  const place = join(cloneFolder(cache, root), folderKey(root, path), "bin/pulumi");
  return existsSync(place) ? { path: place, ready: true } : { path, ready: false };
}

/**
 * Makes the folder of this clone.
 * @param {{root: string, cache: string, path: string, nodePath: string, say: (doing: string) => void}} engine
 */
export async function makeEngineFolder({ root, cache, path, nodePath, say }) {
  const own = cloneFolder(cache, root);
  await withLock(`${own}.lock`, {
    onWait: () => say("another start of this clone is preparing the engine; waiting for it"),
    work: async () => {
      await removeForgotten(join(cache, "clones"));
      const staging = join(own, `staging-${process.pid}`);
      await rm(staging, { recursive: true, force: true });
      const bin = join(staging, "bin");
      await mkdir(bin, { recursive: true });
      say("placing plugins beside the engine");
      await linkEngine(dirname(path), bin);
      await placeShim(root, bin);
      await placePlugins({ root, bin, nodePath });
      await publish(staging, join(own, folderKey(root, path)));
      await writeFile(join(own, RECORD), JSON.stringify({ clone: realpathSync(root) }));
    },
  });
}

/** @param {string} root @param {string} path @returns {string} changes with the CLI and with what goes beside it */
function folderKey(root, path) {
  const { size, mtimeMs } = statSync(path);
  const folder = join(root, "plugins");
  const placers = ["install.ts", "launcher.sh"]
    .map((name) => join(folder, name))
    .filter((file) => existsSync(file));
  const plugins =
    placers.length > 0 ? [...placers.map((file) => readFileSync(file)), ...readdirSync(folder).sort()] : [];
  return contentKey([path, `${size} ${mtimeMs}`, ...plugins]);
}

/** Hard links cost nothing and, unlike symbolic ones, leave the executable's own path in this folder. */
async function linkEngine(/** @type {string} */ from, /** @type {string} */ to) {
  for (const name of await readdir(from)) {
    if (!name.startsWith("pulumi") || !statSync(join(from, name)).isFile()) continue;
    await link(join(from, name), join(to, name)).catch(() => copyFile(join(from, name), join(to, name)));
  }
}

/** @param {string} root @param {string} bin */
async function placeShim(root, bin) {
  if (existsSync(join(bin, SHIM))) return;
  await copyFile(join(root, "node_modules/@pulumi/pulumi", SHIM), join(bin, SHIM));
  await chmod(join(bin, SHIM), 0o755);
}

/** @param {{root: string, bin: string, nodePath: string}} options */
async function placePlugins({ root, bin, nodePath }) {
  if (!existsSync(join(root, "plugins/install.ts"))) return;
  const { code, tail } = await run(nodePath, [join(root, "toolchain/bootstrap/place-plugins.mjs"), bin], {
    cwd: root,
  });
  if (code === 0) return;
  throw new Failure({
    what: "our plugins could not be placed beside the engine",
    why: tail.join("\n"),
    next: [`run it by hand to see more: ${nodePath} toolchain/bootstrap/place-plugins.mjs ${bin}`],
  });
}

/** Removes the folders of clones that are gone. @param {string} clones */
async function removeForgotten(clones) {
  for (const name of await readdir(clones)) {
    const record = join(clones, name, RECORD);
    if (!existsSync(record)) continue;
    const { clone } = JSON.parse(readFileSync(record, "utf8"));
    if (!existsSync(clone)) await rm(join(clones, name), { recursive: true, force: true });
  }
}

/** Whether any user may run the file: it and each folder above it are open. @param {string} path */
export function reachableByAll(path) {
  const { root } = parse(path);
  if ((statSync(path).mode & 0o005) !== 0o005) return false;
  for (let folder = dirname(path); folder !== root; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
  }
  return true;
}
