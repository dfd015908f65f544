import { chmodSync, copyFileSync, linkSync, mkdirSync, realpathSync, renameSync, statSync } from "node:fs";
import { dirname, join, parse } from "node:path";
import { servicesFolder } from "./record.ts";

const othersRead = 0o4;
const othersEnter = 0o1;

/** True when a user who owns nothing here can read (and, with `enter`, enter or execute) what is at a path. */
export function isOpenToAll(path: string, need: "read" | "enter"): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return false;
  const bits = need === "read" ? othersRead : othersEnter;
  return (found.mode & bits) === bits && isReachable(dirname(realpathSync(path)));
}

/** True when such a user can pass through a folder and all folders above it. */
export function isReachable(folder: string): boolean {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found === undefined || (found.mode & othersEnter) === 0) return false;
  return folder === parse(folder).root || isReachable(dirname(folder));
}

/**
 * Path of this Node as a service's user can run it: where it is, or else a copy in the data folder (a second name
 * of the same file where that is possible).
 */
export function reachableNode(dataFolder: string): string {
  const node = realpathSync(process.execPath);
  if (isOpenToAll(node, "enter")) return node;
  const folder = join(servicesFolder(dataFolder), ".runtime");
  const path = join(folder, `node-${process.version}`);
  if (statSync(path, { throwIfNoEntry: false })) return path;
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const draft = `${path}.${process.pid}`;
  try {
    linkSync(node, draft);
  } catch {
    copyFileSync(node, draft);
    chmodSync(draft, 0o755);
  }
  renameSync(draft, path);
  return path;
}
