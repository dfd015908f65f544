import type { Installation } from "../reinstall/index.ts";
import {
  compareFiles,
  comparePackages,
  compareUnits,
  compareUsers,
  type Item,
  itemOf,
  type MigrationRequest,
  type Sides,
} from "./compare.ts";
import type { MigratedFile, Part } from "./manifest.ts";
import type { Solved, WantedVersion } from "./solve.ts";

/** What makes a host like the one of an archive. */
export interface MigrationPlan {
  items: Item[];
  /** Words for apt-get. */
  chosen: string[];
  installs: Installation[];
  /** Sources are other ones, so what they offer is asked anew. */
  renews: boolean;
  marks: Record<"hold" | "unhold" | "auto" | "manual", string[]>;
  files: MigratedFile[];
  groups: { name: string; gid: number }[];
  users: (Sides["manifest"]["users"][number] & { isNew: boolean })[];
  units: { name: string; state: "enabled" | "disabled" | "masked" }[];
  /** Units that are started, or started anew. */
  runs: string[];
  /** Those of them that ran here before. */
  ran: string[];
}

const taken = (items: readonly Item[]) =>
  new Set(items.filter(({ choice }) => choice === "replace").map(({ id }) => id));

const noOne: ReadonlySet<string> = new Set();

/** Sources that are to be put here: what can be installed depends on them. Pure. */
export function sourcesToPut(sides: Sides, request: MigrationRequest): MigratedFile[] {
  const items = compareFiles(sides, request, { coming: noOne, people: noOne });
  const chosen = taken(items.filter(({ part }) => part === "sources" && request.parts.includes(part)));
  return sides.manifest.files.filter(({ path }) => chosen.has(`file:${path}`));
}

/** Packages that the host's solver is asked for. Pure. */
export function wantedOf(sides: Sides, request: MigrationRequest): WantedVersion[] {
  if (!request.parts.includes("packages")) return [];
  const items = comparePackages(sides, request);
  const chosen = taken(items);
  const installed = new Map(
    sides.here.packages.filter((each) => each.installed).map((each) => [each.name, each]),
  );
  return sides.manifest.packages.flatMap(({ name, version }) => {
    const found = installed.get(name);
    if (!chosen.has(`package:${name}`) || found?.version === version) return [];
    return [{ name, version, must: found !== undefined }];
  });
}

/** Everything that is to be done, once the solver has said what can be. Pure. */
export function planMigration(sides: Sides, request: MigrationRequest, solved: Solved): MigrationPlan {
  const { manifest, here } = sides;
  const { simulation, refused, chosen } = solved;
  const coming = new Set(simulation.installs.filter(({ from }) => from === null).map(({ name }) => name));
  const packages = comparePackages(sides, request).map((item): Item => {
    const name = item.id.slice("package:".length);
    const reason = refused[name];
    if (reason !== undefined && item.choice === "replace")
      return itemOf({ ...item, state: "impossible", reason }, request);
    const installation = simulation.installs.find((each) => each.name === name);
    const wanted = manifest.packages.find((each) => each.name === name);
    if (item.choice === "keep" || !installation || installation.to === wanted?.version) return item;
    return { ...item, reason: `${installation.to} is what can be had here` };
  });
  const people = compareUsers(sides, request);
  const peopleTaken = ofParts(people, request.parts);
  const names = new Set(
    manifest.users
      .filter(({ name }) => peopleTaken.has(`user:${name}`))
      .flatMap(({ name, group, groups }) => [name, group, ...groups]),
  );
  const files = compareFiles(sides, request, { coming, people: names });
  const filesTaken = manifest.files.filter(({ path }) => ofParts(files, request.parts).has(`file:${path}`));
  const paths = new Set(filesTaken.map(({ path }) => path));
  const units = compareUnits(sides, request, { coming, files: paths });
  const unitsTaken = ofParts(units, request.parts);
  const items = [...packages, ...people, ...files, ...units].filter(({ part }) =>
    request.parts.includes(part),
  );
  const groups = manifest.groups.filter(
    ({ name }) => names.has(name) && !here.groups.some((each) => each.name === name),
  );
  const runs = request.start ? runsOf(sides, coming, filesTaken) : [];
  return {
    items,
    chosen,
    installs: simulation.installs,
    renews: filesTaken.some(({ part }) => part === "sources"),
    marks: marksOf(sides, taken(packages.filter(({ part }) => request.parts.includes(part)))),
    files: filesTaken,
    groups,
    users: manifest.users
      .filter(({ name }) => peopleTaken.has(`user:${name}`))
      .map((user) => ({ ...user, isNew: !here.users.some(({ name }) => name === user.name) })),
    units: manifest.units.filter(({ name }) => unitsTaken.has(`unit:${name}`)),
    runs,
    ran: runs.filter((unit) => here.units.some(({ name, active }) => name === unit && active)),
  };
}

function ofParts(items: readonly Item[], parts: readonly Part[]): Set<string> {
  return taken(items.filter(({ part }) => parts.includes(part)));
}

function marksOf({ manifest, here }: Sides, chosen: ReadonlySet<string>): MigrationPlan["marks"] {
  const marks: MigrationPlan["marks"] = { hold: [], unhold: [], auto: [], manual: [] };
  for (const { name, hold, manual } of manifest.packages) {
    if (!chosen.has(`package:${name}`)) continue;
    const found = here.packages.find((each) => each.installed && each.name === name);
    if (hold && !found?.hold) marks.hold.push(name);
    if (!hold && found?.hold) marks.unhold.push(name);
    // What apt installs by name is manual.
    if (!manual && (found?.manual ?? true)) marks.auto.push(name);
    if (manual && found && !found.manual) marks.manual.push(name);
  }
  return marks;
}

/** Units that ran there, and of which something is put here. */
function runsOf({ manifest }: Sides, coming: ReadonlySet<string>, files: readonly MigratedFile[]): string[] {
  const changed = new Set(
    files.flatMap(({ part, package: brings }) => (part === "conffiles" && brings ? [brings] : [])),
  );
  const own = new Set(
    files.flatMap(({ path }) => /^\/etc\/systemd\/system\/([^/]+?)(?:\.d\/[^/]+)?$/.exec(path)?.[1] ?? []),
  );
  return manifest.units
    .filter(
      ({ name, active, package: brings }) =>
        active && (own.has(name) || (brings !== null && (coming.has(brings) || changed.has(brings)))),
    )
    .map(({ name }) => name)
    .sort();
}

/** Ids that a request names and that the archive has not, for these parts. Pure. */
export function unknownChoices(sides: Sides, request: MigrationRequest): string[] {
  const { packages, files, users, units } = sides.manifest;
  const known = new Set([
    ...packages.map(({ name }) => `package:${name}`),
    ...files.map(({ path }) => `file:${path}`),
    ...users.map(({ name }) => `user:${name}`),
    ...units.map(({ name }) => `unit:${name}`),
  ]);
  return Object.keys(request.choices).filter((id) => !known.has(id));
}
