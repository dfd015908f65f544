import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  realpathSync,
  renameSync,
  statSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { isReachable, isRunnableByAll } from "./reach.ts";

/** Where a superuser's services are kept when others cannot reach the data folder (below a home, for example). */
const machineFolder = "/var/lib/roost";
/** Others may pass through, to what they know the name of. */
const passable = 0o711;

/** The folder that holds one folder per service. Always the same for the same data folder. */
export function servicesFolder(dataFolder: string): string {
  const here = join(dataFolder, "services");
  if (process.getuid?.() !== 0 || process.platform !== "linux") return here;
  const name = createHash("sha256").update(dataFolder).digest("hex").slice(0, 12);
  const elsewhere = join(machineFolder, name, "services");
  return existsSync(elsewhere) || !isReachable(dataFolder) ? elsewhere : here;
}

/** Makes it, whatever mask this process has: other users have to pass through. */
export function makeServicesFolder(dataFolder: string): string {
  const folder = servicesFolder(dataFolder);
  const made: string[] = [];
  for (let each = folder; !existsSync(each); each = dirname(each)) made.unshift(each);
  for (const each of made) {
    mkdirSync(each, { recursive: true });
    chmodSync(each, passable);
  }
  return folder;
}

/**
 * Path of this Node as a service's user can run it: where it is, or else a copy beside the services (a second name
 * of the same file where that is possible).
 */
export function reachableNode(dataFolder: string): string {
  const node = realpathSync(process.execPath);
  if (isRunnableByAll(node)) return node;
  const folder = join(makeServicesFolder(dataFolder), ".runtime");
  const path = join(folder, `node-${process.version}`);
  if (statSync(path, { throwIfNoEntry: false })) return path;
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, passable);
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
