import { readdirSync, statSync } from "node:fs";
import path from "node:path";

const othersEnter = 0o001;
const othersList = 0o005;

/** `cover`: an empty folder that everyone may pass through; `bind`: what lies there really. */
export interface MountStep {
  verb: "cover" | "bind";
  path: string;
}

/** What is asked of the file system. */
export interface FolderView {
  /** True when others can pass through it; what is missing is no obstacle. */
  canEnter(folder: string): boolean;
  /** True when others can pass through and list it. */
  canList(folder: string): boolean;
  children(folder: string): string[];
}

/**
 * What a private view of the file system needs so that other users reach
 * `needed` (absolute real paths) at the same places: each closed folder above
 * is covered by an open, empty one, and what is needed is put back into it. The rest
 * of a closed folder stays out of sight. Nothing to do: no step.
 */
export function planMounts(needed: readonly string[], view: FolderView): MountStep[] {
  const covers = new Set<string>();
  const binds = new Set<string>();
  for (const target of needed) {
    const above = ancestorsOf(target);
    for (const folder of above) if (!view.canEnter(folder)) covers.add(folder);
    if (view.canList(target)) {
      binds.add(target);
      continue;
    }
    covers.add(target);
    for (const name of view.children(target)) binds.add(path.join(target, name));
  }
  const steps: MountStep[] = [
    ...[...covers].map((folder) => ({ verb: "cover" as const, path: folder })),
    ...[...binds]
      .filter((target) => !covers.has(target))
      .map((target) => ({ verb: "bind" as const, path: target })),
  ];
  steps.sort((one, other) => depthOf(one.path) - depthOf(other.path) || (one.path < other.path ? -1 : 1));
  return steps.filter((step) => step.verb === "cover" || isHidden(step.path, steps));
}

/** Whether the nearest step above took it out of sight. */
function isHidden(target: string, steps: readonly MountStep[]): boolean {
  const above = new Set(ancestorsOf(target));
  return steps.findLast((step) => above.has(step.path))?.verb === "cover";
}

/** All folders above a path, less the root, from the outermost on. */
function ancestorsOf(target: string): string[] {
  const parts = target.split(path.sep).slice(1, -1);
  return parts.map((_, index) => path.sep + parts.slice(0, index + 1).join(path.sep));
}

function depthOf(target: string): number {
  return target.split(path.sep).length;
}

export const realFolders: FolderView = {
  canEnter: (folder) => permits(folder, othersEnter),
  canList: (folder) => permits(folder, othersList),
  children: (folder) => readdirSync(folder),
};

function permits(folder: string, bits: number): boolean {
  const found = statSync(folder, { throwIfNoEntry: false });
  return found === undefined || !found.isDirectory() || (found.mode & bits) === bits;
}
