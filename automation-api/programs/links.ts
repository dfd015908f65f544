import { lstat, readdir, realpath } from "node:fs/promises";
import path from "node:path";
import { RoostError } from "../errors.ts";
import { type ProgramLimits, programLimits } from "./domain.ts";

/** Whether `inner` is `outer` or lies below it; both real paths. */
export function isBelow(inner: string, outer: string): boolean {
  const relative = path.relative(outer, inner);
  return (
    relative === "" ||
    (relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative))
  );
}

/**
 * Walks a folder and refuses what a program must not have: a link whose real
 * target lies outside, a device, too many entries or bytes. A link that leads
 * nowhere is left alone.
 * @param options.skip names that are not looked at.
 */
export async function checkTree(
  folder: string,
  options: { skip?: string[]; limits?: ProgramLimits; signal?: AbortSignal } = {},
): Promise<void> {
  const { skip = [], limits = programLimits, signal } = options;
  const root = await realpath(folder);
  let entries = 0;
  let bytes = 0;
  const folders = [root];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    signal?.throwIfAborted();
    for (const entry of await readdir(next, { withFileTypes: true })) {
      if (skip.includes(entry.name)) continue;
      const full = path.join(next, entry.name);
      entries += 1;
      if (entries > limits.entries) throw refused(`it has more than ${limits.entries} entries`);
      if (entry.isSymbolicLink()) await checkLink(root, full);
      else if (entry.isDirectory()) folders.push(full);
      else if (entry.isFile()) bytes += (await lstat(full)).size;
      else throw refused(`${path.relative(root, full)} is not a file, folder or link`);
      if (bytes > limits.bytes) throw refused(`it has more than ${limits.bytes} bytes`);
    }
  }
}

async function checkLink(root: string, link: string): Promise<void> {
  const target = await realpath(link).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ELOOP" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
  if (target !== undefined && !isBelow(target, root)) {
    throw refused(`the link ${path.relative(root, link)} leads out of it`);
  }
}

function refused(why: string): RoostError {
  return new RoostError("invalid", `The program is refused: ${why}.`, {
    faults: [{ field: "program", message: why }],
  });
}
