import { isGuarded, isKeptSetting } from "./guards.ts";
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

/**
 * Which files go. A folder goes only with everything that was found in it, and what belongs to a package with the
 * package alone. Pure.
 * @param gone names of packages that go
 */
export function chooseFiles(
  survey: Survey,
  profile: Pick<Profile, "files">,
  selection: Selection,
  gone: ReadonlySet<string>,
): ChosenFiles {
  const isFree = (path: string) => !isGuarded(path) && !isExcluded(path, selection);
  const ownersOf = (path: string) => survey.owners[path] ?? [];
  const isOwned = ({ path }: FoundFile) => ownersOf(path).some((name) => !gone.has(name));
  const files = survey.files.filter(
    (file) => file.type === "d" || ownersOf(file.path).length === 0 || isOwned(file),
  );
  const classes: readonly string[] = [...profile.files, "wanted"];
  const found = files.filter((file) => classes.includes(file.class) && isFree(file.path) && !isOwned(file));
  const units = found.filter(isOwnUnit).map(({ path }) => nameOf(path));
  const free = found.filter((file) => isLoose(file) || isOwnUnit(file) || isLinkOf(file, units));
  const deletes = free.filter((file) => file.class !== "live-log").map(({ path }) => path);
  return {
    deletes: withoutOccupied([...new Set(deletes)].sort(), files),
    empties: free
      .filter((file) => file.class === "live-log")
      .map(({ path }) => path)
      .sort(),
    units: units.sort(),
    kept: selection.paths.include.flatMap((path) => {
      const reason = whyItStays(path);
      return reason === undefined ? [] : [{ name: path, reason }];
    }),
  };

  /** Undefined for what goes, with all in it. */
  function whyItStays(path: string): string | undefined {
    if (isGuarded(path)) return "No reset may touch it.";
    if (isExcluded(path, selection)) return "It is to stay.";
    const below = survey.files.filter(
      (file) => file.class === "wanted" && (file.path === path || file.path.startsWith(`${path}/`)),
    );
    if (below.length === 0) return "It is not there, or a link leads there.";
    const owned = below.filter(isOwned);
    const names = [...new Set(owned.flatMap((file) => ownersOf(file.path)))].sort().slice(0, 5).join(", ");
    if (owned.length > 0) return `What belongs to a package goes with it alone: ${names}.`;
    const isMisnamed = ({ class: kind, path: name }: FoundFile) =>
      kind === "misnamed" && name.startsWith(`${path}/`);
    if (survey.files.some(isMisnamed)) return "A file whose name is no UTF-8 stays, and what it is in.";
    const guarded = below.find((file) => !isFree(file.path));
    return guarded && `${guarded.path} stays, and what it is in.`;
  }
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
  if (kind === "wanted") return true;
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
