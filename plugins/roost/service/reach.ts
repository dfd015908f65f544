import { existsSync, realpathSync, statSync } from "node:fs";
import { dirname, parse } from "node:path";

const othersEnter = 0o1;

/** True when a user who owns nothing here can run what is at a path. */
export function isRunnableByAll(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && (found.mode & othersEnter) !== 0 && isReachable(dirname(realpathSync(path)));
}

/**
 * True when such a user can pass through a folder and all folders above it. Of a folder that does not exist, those
 * above it that do are judged.
 */
export function isReachable(folder: string): boolean {
  if (!existsSync(folder)) return isReachable(dirname(folder));
  const real = realpathSync(folder);
  if ((statSync(real).mode & othersEnter) === 0) return false;
  return real === parse(real).root || isReachable(dirname(real));
}
