// The per-user cache: things that are slow to get and the same for every clone, each under a key made from
// its content. Entries are built beside their final place and renamed into it, so a half-made one is never seen.

import { createHash } from "node:crypto";
import { mkdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const HEARTBEAT_MS = 2_000;
const STALE_MS = 20_000;
const POLL_MS = 250;

/**
 * The folder of the cache.
 * As root it lies outside root's home (which is closed to others), because deployments then run under
 * unprivileged users that must be able to start the engine.
 * @param {Record<string, string | undefined>} env
 * @param {number | undefined} uid
 * @param {string} home
 */
export function cacheFolder(env, uid, home) {
  if (env.ROOST_CACHE_DIR) return resolve(env.ROOST_CACHE_DIR);
  if (uid === 0) return "/var/cache/roost";
  const base = env.XDG_CACHE_HOME;
  return join(base && isAbsolute(base) ? base : join(home, ".cache"), "roost");
}

/**
 * A short key of what an entry is made from. Parts are length-prefixed: ["ab","c"] and ["a","bc"] differ.
 * @param {(string | Buffer)[]} parts
 * @returns {string} 16 hexadecimal digits
 */
export function contentKey(parts) {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest("hex").slice(0, 16);
}

/**
 * Moves a finished folder to its place. When another process was faster its entry is as good and stays.
 * @param {string} staging
 * @param {string} place
 */
export async function publish(staging, place) {
  await mkdir(dirname(place), { recursive: true });
  try {
    await rename(staging, place);
  } catch (error) {
    if (!["ENOTEMPTY", "EEXIST"].includes(codeOf(error))) throw error;
    await rm(staging, { recursive: true, force: true });
  }
}

/**
 * Runs `work` while holding the lock folder `path`. The holder's heartbeat is the folder's time stamp, so a
 * holder that was killed loses the lock after 20 s, whatever its process id is used for since.
 * @template T
 * @param {string} path
 * @param {{onWait?: () => void, work: () => Promise<T>}} options onWait: called once when another holds it
 * @returns {Promise<T>}
 */
export async function withLock(path, { onWait, work }) {
  await mkdir(dirname(path), { recursive: true });
  let told = false;
  while (!(await take(path))) {
    if (!told) onWait?.();
    told = true;
    await breakStale(path);
    await wait(POLL_MS);
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => clearInterval(heartbeat));
  }, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    await rm(path, { recursive: true, force: true });
  }
}

/** @param {string} path */
async function take(path) {
  try {
    await mkdir(path);
    await writeFile(join(path, "holder"), `${process.pid}\n`);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Removes a lock without heartbeat; the rename makes sure that only one of several waiters does it. */
async function breakStale(/** @type {string} */ path) {
  try {
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs < STALE_MS) return;
    const aside = `${path}.stale-${process.pid}`;
    await rename(path, aside);
    await rm(aside, { recursive: true, force: true });
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

/**
 * @param {unknown} error
 * @returns {string} the system's code such as "ENOENT", or ""
 */
export function codeOf(error) {
  return typeof error === "object" && error && "code" in error ? String(error.code) : "";
}
