import { cp, realpath, stat, symlink } from "node:fs/promises";
import path from "node:path";
import { invalid } from "../errors.ts";
import { checkTree, isBelow } from "./links.ts";

/** Folders of a program that are not its source. */
const notSource = ["node_modules", ".git"];

/**
 * The real path of a folder program: below one of the allowed roots, with
 * every link followed before it is compared.
 * @param roots ROOST_PROGRAM_ROOTS.
 * @throws invalid, in the same words for what is missing and what lies outside.
 */
export async function resolveFolder(roots: readonly string[], folder: string): Promise<string> {
  if (roots.length === 0) {
    throw invalid("program.folder", "folder programs are off: this server has no ROOST_PROGRAM_ROOTS");
  }
  for (const root of roots) {
    const realRoot = await realpath(root).catch(() => undefined);
    if (realRoot === undefined) continue;
    const found = await realpath(path.resolve(realRoot, folder)).catch(() => undefined);
    if (found === undefined || !isBelow(found, realRoot)) continue;
    if ((await stat(found)).isDirectory()) return found;
  }
  throw invalid("program.folder", "is not a folder below the allowed roots", { given: folder });
}

/**
 * Copies a folder program, so that a deployment sees one state of it and
 * leaves nothing in it. Installed packages are linked, not copied.
 */
export async function copyFolder(from: string, into: string, signal?: AbortSignal): Promise<void> {
  await checkTree(from, { skip: notSource, signal });
  await cp(from, into, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => source === from || !notSource.includes(path.basename(source)),
  });
  const packages = await findPackages(from);
  if (packages) await symlink(packages, path.join(into, "node_modules"));
}

/** node_modules of the folder, or of the nearest folder above that has one, as Node looks for it. */
async function findPackages(folder: string): Promise<string | undefined> {
  const candidate = path.join(folder, "node_modules");
  const found = await stat(candidate).catch(() => undefined);
  if (found?.isDirectory()) return candidate;
  const above = path.dirname(folder);
  return above === folder ? undefined : findPackages(above);
}
