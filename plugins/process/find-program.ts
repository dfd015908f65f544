import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

/** The folders of a PATH, in their order. */
export function foldersOf(path: string): string[] {
  return path.split(delimiter);
}

/**
 * The first executable file of that name in some folders; undefined: none has it.
 * @param cwd where folders that are no whole path begin. Default: that of this process.
 */
export function findProgram(name: string, folders: readonly string[], cwd = ""): string | undefined {
  return folders.map((folder) => join(folder, name)).find((path) => isExecutable(resolve(cwd, path)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
