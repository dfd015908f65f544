import { unifiedDiff } from "../files/index.ts";
import { isForbidden } from "../reset/guards.ts";
import type { Manifest, MigratedFile, Part } from "./manifest.ts";
import type { Content, HostPackage, HostState } from "./survey.ts";

export type Choice = "keep" | "replace";

export interface MigrationRequest {
  parts: readonly Part[];
  /** For what both hosts have otherwise. */
  onConflict: Choice;
  /** For single items, by their ids; keep: this host stays as it is there. */
  choices: Readonly<Record<string, Choice>>;
  /** Units that ran there run here too. */
  start: boolean;
}

/** One thing of an archive beside what is here. */
export interface Item {
  /** Such as `package:nginx`, `file:/etc/crontab`, `user:ann`, `unit:app.service`. */
  id: string;
  part: Part;
  state: "already-so" | "new" | "conflict" | "impossible";
  /** What becomes of it. */
  choice: Choice;
  there: string;
  /** Null: nothing. */
  here: string | null;
  reason: string | null;
  /** For texts, as `diff -u` writes it. */
  diff: string | null;
}

/** What is known of both sides. */
export interface Sides {
  manifest: Manifest;
  /** Of the archive's files, by path. */
  contents: ReadonlyMap<string, Buffer>;
  here: HostState;
  /** What stands here at the paths of the archive. */
  present: ReadonlyMap<string, Content>;
}

type Found = Pick<Item, "id" | "part" | "state" | "there" | "here"> & Partial<Item>;

/** Pure. */
export function itemOf(found: Found, { onConflict, choices }: MigrationRequest): Item {
  const { id, state } = found;
  const fallback = state === "new" ? "replace" : onConflict;
  const isOpen = state === "new" || state === "conflict";
  return { reason: null, diff: null, ...found, choice: isOpen ? (choices[id] ?? fallback) : "keep" };
}

/** Packages that somebody asked for or holds; what they need comes with them. Pure. */
export function comparePackages({ manifest, here }: Sides, request: MigrationRequest): Item[] {
  const installed = new Map(here.packages.filter((each) => each.installed).map((each) => [each.name, each]));
  return manifest.packages
    .filter(({ manual, hold }) => manual || hold)
    .map((wanted) => {
      const found = installed.get(wanted.name);
      const isForeign = ![manifest.host.architecture, "all"].includes(wanted.architecture);
      const isSame =
        found?.version === wanted.version && found.hold === wanted.hold && found.manual === wanted.manual;
      const state = isForeign ? "impossible" : !found ? "new" : isSame ? "already-so" : "conflict";
      const about = { id: `package:${wanted.name}`, part: "packages" as const, state } as const;
      const reason = isForeign ? `is of another architecture: ${wanted.architecture}` : null;
      const texts = { there: packageText(wanted), here: found ? packageText(found) : null, reason };
      return itemOf({ ...about, ...texts }, request);
    });
}

function packageText({ version, hold, manual }: Pick<HostPackage, "version" | "hold" | "manual">): string {
  return [version, ...(hold ? ["held"] : []), ...(manual ? [] : ["automatic"])].join(", ");
}

/** @param files of those parts. @param coming packages that are installed with it. Pure. */
export function compareFiles(
  sides: Sides,
  request: MigrationRequest,
  { coming, people }: { coming: ReadonlySet<string>; people: ReadonlySet<string> },
): Item[] {
  const { manifest, contents, present } = sides;
  return manifest.files.map((file) => {
    const { path, part, mode, owner, group } = file;
    const found = present.get(path) ?? { kind: "none" };
    const text = contents.get(path) as Buffer;
    const whose = (each: { mode: string; owner: string; group: string }, bytes: number) =>
      `${bytes} bytes, ${each.mode} ${each.owner}:${each.group}`;
    const there = whose(file, text.length);
    const here =
      found.kind === "file" ? whose(found, found.bytes.length) : found.kind === "none" ? null : "no file";
    const about = { id: `file:${path}`, part, there, here };
    const reason = whyImpossible(file, sides, { coming, people });
    if (reason !== null) return itemOf({ ...about, state: "impossible", reason }, request);
    if (found.kind !== "file") return itemOf({ ...about, state: "new" }, request);
    const isSame =
      found.bytes.equals(text) && found.mode === mode && found.owner === owner && found.group === group;
    const isPackaged = sides.here.conffiles.some(
      (each) => each.path === path && each.state === "as-packaged",
    );
    const diff = found.bytes.equals(text) ? null : textDiff(path, found.bytes, text);
    const state = isSame ? "already-so" : isPackaged ? "new" : "conflict";
    return itemOf({ ...about, state, diff, reason: isPackaged ? "is as packaged here" : null }, request);
  });
}

function whyImpossible(
  { path, part, owner, group, package: brings }: MigratedFile,
  { manifest, here, present }: Sides,
  { coming, people }: { coming: ReadonlySet<string>; people: ReadonlySet<string> },
): string | null {
  if (isForbidden(path)) return "could lock everybody out, and is not touched by an action";
  if (present.get(path)?.kind === "other") return "is a link, a folder or too large here";
  const { distribution, codename } = manifest.host;
  if (part === "sources" && /\.(list|sources)$/.test(path) && codename !== here.codename)
    return `is for ${distribution} ${codename}, and this is ${here.id} ${here.codename}`;
  const isHere = (name: string) => here.packages.some((each) => each.installed && each.name === name);
  if (brings !== null && !isHere(brings) && !coming.has(brings)) return `its package ${brings} is not here`;
  // Packages bring users and groups of their own; what is missing then is found by the rehearsal.
  if (coming.size > 0) return null;
  if (!here.accounts.includes(owner) && !people.has(owner)) return `its owner ${owner} is not here`;
  if (!here.groups.some(({ name }) => name === group) && !people.has(group))
    return `its group ${group} is not here`;
  return null;
}

/** Null for what is no text. */
function textDiff(path: string, before: Buffer, after: Buffer): string | null {
  const [old, now] = [before.toString("utf8"), after.toString("utf8")];
  if (/[\0\uFFFD]/.test(old + now)) return null;
  return unifiedDiff(path, old, now);
}

/** Pure. */
export function compareUsers({ manifest, here }: Sides, request: MigrationRequest): Item[] {
  return manifest.users.map((user) => {
    const found = here.users.find(({ name }) => name === user.name);
    const about = { id: `user:${user.name}`, part: "users" as const, there: userText(user) };
    if (!found) {
      const isTaken = here.accounts.includes(user.name);
      if (isTaken)
        return itemOf(
          { ...about, state: "impossible", here: "no person", reason: "is no person here" },
          request,
        );
      const other = here.users.find(({ uid }) => uid === user.uid);
      const reason = other ? `its number is ${other.name}'s here, so it gets another one` : null;
      return itemOf({ ...about, state: "new", here: null, reason }, request);
    }
    const lacks = user.groups.filter((group) => !found.groups.includes(group));
    const isSame = found.shell === user.shell && found.comment === user.comment && lacks.length === 0;
    const reason =
      found.uid === user.uid && found.home === user.home ? null : "number and home stay as they are here";
    return itemOf(
      { ...about, state: isSame ? "already-so" : "conflict", here: userText(found), reason },
      request,
    );
  });
}

function userText({ uid, home, shell, groups }: Manifest["users"][number]): string {
  return `${uid}, ${home}, ${shell}, ${groups.join(" ") || "no further groups"}`;
}

/** @param files paths of unit files that are taken. Pure. */
export function compareUnits(
  { manifest, here }: Sides,
  request: MigrationRequest,
  { coming, files }: { coming: ReadonlySet<string>; files: ReadonlySet<string> },
): Item[] {
  const known = new Map(here.units.map((unit) => [unit.name, unit]));
  return manifest.units.flatMap((unit) => {
    const found = known.get(unit.name);
    const comes =
      files.has(`/etc/systemd/system/${unit.name}`) || (unit.package !== null && coming.has(unit.package));
    // Nothing can be said of a unit that neither is here nor comes.
    if (!found && !comes) return [];
    const state = found?.state === unit.state ? "already-so" : found ? "conflict" : "new";
    const about = { id: `unit:${unit.name}`, part: "units" as const, there: unit.state };
    return [itemOf({ ...about, state, here: found?.state ?? null }, request)];
  });
}
