import { isForbidden, isKeptSetting } from "./guards.ts";
import type { Selection } from "./plan.ts";
import type { Profile } from "./profiles.ts";
import type { FoundFile, Survey } from "./survey.ts";

export interface ChosenFiles {
  /** Files, links, and folders of which nothing is left. */
  deletes: string[];
  empties: string[];
  /** Units of nobody's package that go with their files. */
  units: string[];
  kept: { name: string; reason: string }[];
}

/** Which files go. A folder goes only with everything that was found in it. Pure. */
export function chooseFiles(
  survey: Survey,
  profile: Pick<Profile, "files">,
  selection: Selection,
): ChosenFiles {
  const isFree = (path: string) => !isForbidden(path) && !isExcluded(path, selection);
  const found = survey.files.filter((file) => profile.files.includes(file.class) && isFree(file.path));
  const units = found.filter(isOwnUnit).map(({ path }) => nameOf(path));
  const free = found.filter((file) => isLoose(file) || isOwnUnit(file) || isLinkOf(file, units));
  const deletes = [
    ...free.filter((file) => file.class !== "live-log").map(({ path }) => path),
    ...selection.paths.include.filter(isFree),
  ];
  return {
    deletes: withoutOccupied([...new Set(deletes)].sort(), survey.files),
    empties: free
      .filter((file) => file.class === "live-log")
      .map(({ path }) => path)
      .sort(),
    units: units.sort(),
    kept: selection.paths.include
      .filter(isForbidden)
      .map((path) => ({ name: path, reason: "No reset may touch it." })),
  };
}

/** Without the folders in which something stays. */
function withoutOccupied(deletes: string[], files: FoundFile[]): string[] {
  const gone = new Set(deletes);
  const occupied = new Set<string>();
  for (const { path } of files) {
    if (gone.has(path)) continue;
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
      const folder = path.slice(0, at);
      if (occupied.has(folder)) break;
      occupied.add(folder);
    }
  }
  return deletes.filter((path) => !occupied.has(path));
}

/** What can go without something else being less than whole. */
function isLoose({ class: kind, type, path }: FoundFile): boolean {
  if (kind === "setting") return !isKeptSetting(path);
  // The folders there are the machine's own.
  if (path.startsWith("/usr/local/")) return type === "f" || (type === "l" && path !== "/usr/local/man");
  return type === "f" || type === "l" || (type === "d" && kind !== "temporary");
}

/** A link there is how a unit is enabled, named otherwise or shut off; without networks and logins nobody comes back. */
function isOwnUnit({ class: kind, type, path }: FoundFile): boolean {
  if (kind !== "setting" || type !== "f") return false;
  const [, name] = /^\/etc\/systemd\/system\/([^/]+\.(?:service|socket|timer))$/.exec(path) ?? [];
  return name !== undefined && !/ssh|net|wg|vpn|fire|nft|iptables|mount|crypt|lvm|raid/i.test(name);
}

function isLinkOf({ class: kind, type, path }: FoundFile, units: string[]): boolean {
  const isEnabling = /^\/etc\/systemd\/system\/[^/]+\.(wants|requires)\/[^/]+$/.test(path);
  return kind === "setting" && type === "l" && isEnabling && units.includes(nameOf(path));
}

export function isExcluded(path: string, { paths: { exclude } }: Selection): boolean {
  return exclude.some((each) => path === each || path.startsWith(`${each}/`));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
