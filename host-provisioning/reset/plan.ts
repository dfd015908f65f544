import type { Facts } from "../facts/index.ts";
import type { Work } from "./action.ts";
import { type Classified, classifyPackages, keystoneClosure } from "./classify.ts";
import { Dependencies, dependentsOf, type Packages } from "./dependencies.ts";
import { chooseFiles, isExcluded } from "./files.ts";
import { isForbidden } from "./guards.ts";
import type { OtherPackage } from "./others.ts";
import { chooseReinstalls, type Reinstalled } from "./packaged.ts";
import { type Profile, type ProfileName, wholeProfile } from "./profiles.ts";
import type { Survey } from "./survey.ts";

/** What somebody wants gone: a profile, single things, or both. */
export interface Selection {
  /** Null: only what is named. */
  profile: ProfileName | null;
  /** Names of packages beside those of the profile, and those that stay. */
  packages: { include: string[]; exclude: string[] };
  /** Paths beside those of the profile, and those that stay, with all below them. */
  paths: { include: string[]; exclude: string[] };
}

export interface PlannedPackage extends Classified {
  name: string;
  version: string;
  /** What its files take, as it says itself. */
  bytes: number;
  /** Installed packages that depend on it; those that cannot do without it go too. */
  neededBy: string[];
}

export interface ResetPlan {
  work: Work;
  packages: PlannedPackage[];
  /** Packages of other managers that go with their files. */
  others: OtherPackage[];
  /** What was asked for and stays all the same, with the reason. */
  kept: { name: string; reason: string }[];
  /** Units that are stopped and go. */
  services: string[];
  /** `tcp 0.0.0.0:80`, with what has it open: a package's program, or one of nobody's package. */
  ports: { port: string; package: string | null; program: string | null }[];
  /** Accounts that go. */
  users: string[];
  /** Installed again, with their configuration as packaged. */
  reinstalled: Reinstalled[];
  /** What the machine is known by, and is other afterwards. */
  renewed: ("machine-id" | "host-keys")[];
}

/** What a reset would do to a host, from what is known of it. Pure. */
export function planReset(facts: Facts, survey: Survey, selection: Selection): ResetPlan {
  const profile = selection.profile === null ? nothing : wholeProfile(selection.profile);
  const { packages } = facts.software;
  const classes = classifyPackages(facts, survey);
  const chosen = choosePackages(packages, classes, survey, profile, selection);
  const names = [...chosen.gone].sort();
  const dependents = dependentsOf(packages);
  const gone = new Set(names.map((key) => packages[key]?.name ?? key));
  const files = chooseFiles(survey, profile, selection, gone);
  const owned = [...gone].flatMap((name) => survey.units[name] ?? []).map(unitOf);
  const units = [...owned.filter((unit) => unit !== undefined), ...files.units].sort();
  const again = chooseReinstalls(packages, survey, profile, chosen.gone, selection);
  const people = profile.identity ? choosePeople(survey, selection) : { gone: [], kept: [] };
  const hostKeys = profile.identity ? survey.hostKeys : [];
  return {
    work: {
      reinstalls: again.packages,
      users: people.gone,
      hasNewMachineId: profile.identity && survey.hasMachineId,
      hostKeys,
      packages: [...names, ...(profile.leftovers ? leftovers(packages, selection) : [])],
      units,
      deletes: files.deletes,
      empties: files.empties,
      templates: profile.templates
        ? survey.templates.filter(({ path }) => !isForbidden(path) && !isExcluded(path, selection))
        : [],
    },
    packages: names.map((key) => ({
      name: key,
      version: packages[key]?.version ?? "",
      bytes: packages[key]?.bytes ?? 0,
      neededBy: dependents.get(key) ?? [],
      ...(classes[key] as Classified),
    })),
    others: survey.others.filter(
      (each) =>
        each.class !== null && profile.files.includes(each.class) && !isExcluded(each.path, selection),
    ),
    kept: [...chosen.kept, ...files.kept, ...again.kept, ...people.kept, ...immovable(survey, profile)],
    services: units,
    users: people.gone.map(({ name }) => name),
    reinstalled: again.packages,
    renewed: [
      ...(profile.identity && survey.hasMachineId ? (["machine-id"] as const) : []),
      ...(hostKeys.length > 0 ? (["host-keys"] as const) : []),
    ],
    ports: closing(facts, gone, units, new Set(files.deletes)),
  };
}

/** Ports of what goes, or whose unit is stopped. */
function closing(
  { network: { ports } }: Facts,
  gone: ReadonlySet<string>,
  units: string[],
  deletes: ReadonlySet<string>,
): ResetPlan["ports"] {
  const closes = ({ package: owner, unit, program }: (typeof ports)[number]) =>
    (owner !== null && gone.has(owner)) ||
    (unit !== null && units.includes(unit)) ||
    (program !== null && deletes.has(program));
  return ports.filter(closes).map(({ protocol, address, port, package: owner, program }) => ({
    ...{ port: `${protocol} ${address}:${port}`, package: owner, program },
  }));
}

const nothing: Omit<Profile, "name" | "summary" | "needsConfirmation"> = {
  packages: [],
  leftovers: false,
  files: [],
  templates: false,
  conffiles: false,
  reinstalls: [],
  identity: false,
};

/** What a profile that takes packages of other managers cannot take. */
function immovable({ others }: Survey, { files }: Pick<Profile, "files">): ResetPlan["kept"] {
  if (!files.includes("user-package")) return [];
  const staying = others.filter((each) => each.class === null);
  return staying.map(({ manager, name, reason }) => ({ name: `${manager} ${name}`, reason }));
}

/** Everybody but who is logged in for this, and whose folder or name is to stay. */
function choosePeople(survey: Survey, selection: Selection) {
  const stays = ({ name, home }: Survey["people"][number]): string | undefined => {
    if (name === survey.self) return "It is who logs in for this.";
    return isExcluded(home, selection) ? "Its folder is to stay." : undefined;
  };
  return {
    gone: survey.people.filter((each) => stays(each) === undefined),
    kept: survey.people.flatMap((each) => {
      const reason = stays(each);
      return reason === undefined ? [] : [{ name: each.name, reason }];
    }),
  };
}

function choosePackages(
  packages: Packages,
  classes: Record<string, Classified>,
  survey: Survey,
  profile: Pick<Profile, "packages">,
  selection: Selection,
): { gone: Set<string>; kept: ResetPlan["kept"] } {
  const dependencies = new Dependencies(packages);
  const locked = lockedPackages(packages, dependencies, survey);
  const kept = new Map<string, string>();
  const excluded = new Set(selection.packages.exclude);
  const asked = Object.keys(classes).filter(
    (key) =>
      !excluded.has(key) &&
      (selection.packages.include.includes(key) ||
        profile.packages.includes(classes[key]?.class ?? "system")),
  );
  for (const name of selection.packages.include) {
    if (!classes[name]) kept.set(name, "It is not installed.");
    else if (excluded.has(name)) kept.set(name, "It is to stay.");
  }
  // A name that was mistyped would keep nothing, and nobody would know.
  for (const name of excluded) if (!classes[name]) kept.set(name, "It was to stay, and is not installed.");
  const wanted = new Set<string>();
  for (const key of asked) {
    const why = locked.get(key);
    if (why === undefined) wanted.add(key);
    else kept.set(key, why);
  }
  // Each turn gives back what something that stays cannot do without; then no turn gives back any more.
  for (;;) {
    const gone = new Set([...wanted, ...orphans(packages, classes, dependencies, wanted, excluded, locked)]);
    const staying = Object.keys(classes).filter((key) => !gone.has(key));
    const broken = dependencies.broken(gone, staying);
    const back = broken.flatMap(({ key, lacks }) =>
      lacks.filter((lack) => wanted.has(lack)).map((lack) => ({ lack, key })),
    );
    if (back.length === 0) return { gone, kept: [...kept].map(([name, reason]) => ({ name, reason })) };
    for (const { lack, key } of back) {
      wanted.delete(lack);
      kept.set(lack, `${key} needs it.`);
    }
  }
}

/** Packages that are there for others only, once those are gone. */
function orphans(
  packages: Packages,
  classes: Record<string, Classified>,
  dependencies: Dependencies,
  wanted: Set<string>,
  excluded: Set<string>,
  locked: Map<string, string>,
): string[] {
  if (wanted.size === 0) return [];
  const before = dependencies.closure(
    Object.keys(classes).filter((key) => classes[key]?.class !== "auto"),
    { recommends: true },
  );
  const roots = Object.keys(classes).filter((key) => !wanted.has(key) && classes[key]?.class !== "auto");
  const needed = dependencies.closure([...roots, ...excluded], { recommends: true });
  // What nothing needed before is no business of this reset.
  return [...before].filter(
    (key) =>
      classes[key]?.class === "auto" && !needed.has(key) && !locked.has(key) && packages[key]?.installed,
  );
}

/** Packages that no selection can take away, with the reason. */
function lockedPackages(packages: Packages, dependencies: Dependencies, survey: Survey): Map<string, string> {
  const locked = new Map<string, string>();
  for (const [key, role] of keystoneClosure(packages, dependencies)) locked.set(key, `It serves ${role}.`);
  for (const [key, { name, essential, priority }] of Object.entries(packages)) {
    if (essential) locked.set(key, "It is essential.");
    else if (priority === "required") locked.set(key, "The system requires it.");
    else if (survey.shells.includes(name)) locked.set(key, "It is the shell of somebody who can log in.");
    else if (survey.kernel !== "" && name.endsWith(`-${survey.kernel}`)) locked.set(key, "Its kernel runs.");
  }
  // Its own scripts would take away what no record could bring back: mounted images, and what they hold.
  if (packages.snapd && survey.others.some(({ manager }) => manager === "snap"))
    locked.set("snapd", "There are snaps, which live by it.");
  for (const key of dependencies.closure(locked.keys())) {
    if (!locked.has(key)) locked.set(key, "Something that has to stay needs it.");
  }
  return locked;
}

function leftovers(packages: Packages, { packages: { exclude } }: Selection): string[] {
  return Object.keys(packages)
    .filter((key) => packages[key]?.installed === false && !exclude.includes(key))
    .sort();
}

/** Undefined for a template of units, which cannot run itself, and for what is no unit. */
function unitOf(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return /^[A-Za-z0-9:_.\\-]+(@[A-Za-z0-9:_.\\-]+)?\.(service|socket|timer)$/.test(name) ? name : undefined;
}
