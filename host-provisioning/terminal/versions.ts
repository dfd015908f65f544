import type { ShellFile } from "./generate.ts";
import { sha256 } from "./plugins.ts";

/** One version that was made, with all its text: going back needs nothing else. */
export interface ShellVersion {
  version: string;
  /** RFC 3339, in UTC. */
  madeAt: string;
  files: ShellFile[];
}

/** All versions of one shell, oldest first, and the one that holds. Going back moves `current` and forgets nothing. */
export interface ShellHistory {
  current: string | null;
  versions: ShellVersion[];
}

export const emptyHistory: ShellHistory = { current: null, versions: [] };

/**
 * Makes a version the current one; a version that is there already is not kept twice. Pure.
 * @param keep versions that are kept at least, the current one among them. Default: 20.
 */
export function addVersion(
  history: ShellHistory,
  { version, files }: Pick<ShellVersion, "version" | "files">,
  madeAt: string,
  keep = 20,
): ShellHistory {
  const others = history.versions.filter((each) => each.version !== version);
  const known = history.versions.find((each) => each.version === version);
  const all = [...others, known ?? { version, madeAt, files: [...files] }];
  return { current: version, versions: all.slice(-Math.max(1, keep)) };
}

/**
 * Makes an older version the current one. Pure.
 * @param version or the beginning of one. Default: the one that was made before the current one.
 * @returns undefined when there is none, or more than one begins so.
 */
export function rollBack({ current, versions }: ShellHistory, version?: string): ShellHistory | undefined {
  const at = versions.findIndex((each) => each.version === current);
  const wanted =
    version === undefined
      ? versions.slice(Math.max(0, at - 1), Math.max(0, at))
      : versions.filter((each) => version !== "" && each.version.startsWith(version));
  const [only, ...others] = wanted;
  return only && others.length === 0 ? { current: only.version, versions } : undefined;
}

export interface VerifyFault {
  path: string;
  state: "missing" | "changed" | "damaged";
}

/**
 * Whether a home folder has a version as it was made. Pure.
 * @param read the text of a file below the home folder; undefined when there is none.
 * @returns `damaged` for a version whose own text is not what its hash says.
 */
export function verify(
  { files }: Pick<ShellVersion, "files">,
  read: (path: string) => string | undefined,
): VerifyFault[] {
  return files.flatMap(({ path, text, sha256: hash }): VerifyFault[] => {
    if (sha256(text) !== hash) return [{ path, state: "damaged" }];
    const there = read(path);
    if (there === undefined) return [{ path, state: "missing" }];
    return sha256(there) === hash ? [] : [{ path, state: "changed" }];
  });
}
