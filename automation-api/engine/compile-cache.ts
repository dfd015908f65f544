import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, rename, rm, symlink } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { baseEnvironment } from "../../plugins/process/index.ts";

const run = promisify(execFile);
const lockFile = fileURLToPath(new URL("../../package-lock.json", import.meta.url));

/**
 * A folder with the compiled form of what every runner imports: it halves the processor time that a runner's
 * start takes. Filled by this process's user, once per set of packages; a module that has changed since is
 * compiled as ever.
 * @param into kept from run to run, writable by nobody whom runners must not trust
 * @param nodeFlags of the runners: compiled code is good for the flags that it was made with
 * @param modules file URLs
 */
export async function fillCompileCache(
  into: string,
  nodeFlags: readonly string[],
  modules: readonly string[],
): Promise<string> {
  const key = [process.version, ...nodeFlags, ...modules, await readFile(lockFile, "utf8")].join("\n");
  const folder = path.join(into, createHash("sha256").update(key).digest("hex").slice(0, 16));
  if (existsSync(folder)) return folder;
  const staging = `${folder}.${process.pid}`;
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  const imports = `for (const name of ${JSON.stringify(modules)}) await import(name); process.exit();`;
  await run(process.execPath, [...nodeFlags, "--input-type=module", "--eval", imports], {
    env: baseEnvironment({ NODE_COMPILE_CACHE: staging }),
  });
  // Whatever the server's umask: other users read all of it.
  for (const each of [into, staging, ...(await below(staging))]) await chmod(each, 0o755);
  await rename(staging, folder).catch(async (error: NodeJS.ErrnoException) => {
    await rm(staging, { recursive: true, force: true });
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
  });
  return folder;
}

/**
 * Lets another user read a cache that is not theirs. Node keeps a folder per user in a cache, named
 * `<version>-<user>`: theirs becomes a link to ours, into which they cannot write.
 * @param into an empty folder, made here; to be given as NODE_COMPILE_CACHE
 */
export async function lendCompileCache(cache: string, into: string, user: number): Promise<void> {
  await mkdir(into, { mode: 0o755 });
  for (const name of await readdir(cache)) {
    await symlink(path.join(cache, name), path.join(into, name.replace(/-\d+$/, `-${user}`)));
  }
}

async function below(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true });
  return entries.map((name) => path.join(folder, name));
}
