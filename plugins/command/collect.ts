import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { assetArchive, fileAsset, type Value } from "../provider/index.ts";
import { selectPaths } from "./glob.ts";
import type { LocalInputs } from "./inputs.ts";

/** The files that a command left behind, as the outputs `assets` and `archive`. */
export async function collectFiles(
  folder: string,
  { assetPaths, archivePaths }: LocalInputs,
): Promise<{ assets?: Value; archive?: Value }> {
  if (assetPaths === undefined && archivePaths === undefined) return {};
  const paths = await filesBelow(folder);
  return {
    ...(assetPaths && { assets: await assetsOf(folder, selectPaths(paths, assetPaths)) }),
    ...(archivePaths && {
      archive: assetArchive(await assetsOf(folder, selectPaths(paths, archivePaths))),
    }),
  };
}

async function assetsOf(folder: string, paths: string[]): Promise<{ [name: string]: Value }> {
  const entries = paths.map(async (path): Promise<[string, Value]> => {
    const full = join(folder, path);
    return [path, { ...(fileAsset(full) as object), hash: await contentHash(full) }];
  });
  return Object.fromEntries(await Promise.all(entries));
}

async function contentHash(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/** All files at any depth, relative and with `/`, sorted. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => !entry.isDirectory());
  return files
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}
