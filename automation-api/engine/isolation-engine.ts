import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, copyFile, link, mkdir, readdir, realpath, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { installPlugins } from "../../plugins/index.ts";

const pluginsFolder = fileURLToPath(new URL("../../plugins", import.meta.url));

/**
 * An engine with our own pieces beside it and no others: where an official
 * language host lies there, that would run programs as the engine itself.
 * The engine is linked (copied to another disk), once per version and clone.
 * @returns path of the engine to run.
 */
export async function placeEngine(enginePath: string, into: string): Promise<string> {
  const found = await realpath(enginePath);
  const { size, mtimeMs } = await stat(found);
  const key = [found, size, mtimeMs, process.execPath, pluginsFolder].join("\n");
  const folder = path.join(into, createHash("sha256").update(key).digest("hex").slice(0, 16));
  const place = path.join(folder, "pulumi");
  if (existsSync(place)) return place;
  const staging = `${folder}.${process.pid}`;
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  const target = path.join(staging, "pulumi");
  await link(found, target).catch(() => copyFile(found, target));
  await installPlugins(staging);
  // Whatever the server's umask: all of it is for other users. The engine itself is somebody else's file.
  for (const folderAbove of [into, staging]) await chmod(folderAbove, 0o755);
  for (const name of await readdir(staging))
    if (name !== "pulumi") await chmod(path.join(staging, name), 0o755);
  await rename(staging, folder).catch(async (error: NodeJS.ErrnoException) => {
    await rm(staging, { recursive: true, force: true });
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
  });
  return place;
}
