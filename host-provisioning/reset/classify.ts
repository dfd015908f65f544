import type { Facts } from "../facts/index.ts";
import { Dependencies, type Packages } from "./dependencies.ts";
import type { Survey } from "./survey.ts";

/** auto: only there because another needs it. */
export const packageClasses = ["system", "user", "app", "auto"] as const;
export type PackageClass = (typeof packageClasses)[number];

export interface Classified {
  class: PackageClass;
  /** Weight of the evidence for the class, less that for the next one; 0 is a guess. */
  score: number;
  /** The evidence for the class, heaviest first, in words. */
  reasons: string[];
}

interface Evidence {
  for: PackageClass;
  weight: number;
  reason: string;
}

/** A pause of this length ends the making of a machine's base. */
const baselinePauseSeconds = 600;
/** What a machine starts and is reached by; what these need is of the system too. */
const keystones: [names: RegExp, role: string][] = [
  [/^linux-(image|generic|virtual|kvm|cloud)/, "the kernel"],
  [/^(initramfs-tools|dracut|grub-|shim-signed|systemd-boot|efibootmgr)/, "the start of the machine"],
  [/^(systemd-sysv|sysvinit-core|runit-init|openrc|udev)$/, "the init system"],
  [/^(dpkg|apt)$/, "the package manager"],
  [/^openssh-server$/, "logging in"],
  [/^(sudo|login|passwd|libpam-modules)$/, "becoming root"],
  [
    /^(ifupdown|netplan\.io|network-manager|systemd-resolved|isc-dhcp-client|dhcpcd-base|wpasupplicant)$/,
    "the network",
  ],
];
const appSections = /^(?:[a-z-]+\/)?(web|httpd|database|mail|news|electronics|games|video|sound|graphics)$/;
const priorities: Record<string, number> = { required: 8, important: 6, standard: 2 };

/**
 * What each installed package is there for. Evidence adds up, the heaviest class wins, and no rule
 * knows the name of a package but for what a machine starts and is reached by. Pure.
 */
export function classifyPackages(facts: Facts, survey: Survey): Record<string, Classified> {
  const { packages } = facts.software;
  const dependencies = new Dependencies(packages);
  const context = {
    keystone: keystoneClosure(packages, dependencies),
    baseline: baselineOf(survey, packages),
    asked: askedFor(survey),
    listening: new Set(facts.network.ports.map((port) => port.package)),
    units: survey.units,
    older: new Set(survey.history.renewed).difference(new Set(survey.history.installed)),
  };
  return Object.fromEntries(
    Object.entries(packages)
      .filter(([, { installed }]) => installed)
      .map(([key, found]) => [key, judge(evidenceOf(key, found, context))]),
  );
}

interface Context {
  keystone: Map<string, string>;
  baseline: Set<string>;
  asked: Set<string>;
  listening: Set<string | null>;
  units: Survey["units"];
  /** Unpacked again by apt, which remembers no first time: it was there before. */
  older: Set<string>;
}

function evidenceOf(key: string, found: Packages[string], context: Context): Evidence[] {
  const evidence: Evidence[] = [];
  const add = (to: PackageClass, weight: number, reason: string) =>
    evidence.push({ for: to, weight, reason });
  const { name } = found;
  const role = context.keystone.get(key);
  const isBase = context.baseline.has(name);
  if (found.essential) add("system", 10, "It is marked as essential.");
  const priority = priorities[found.priority ?? ""];
  if (priority !== undefined) add("system", priority, `Its priority is ${found.priority}.`);
  if (role !== undefined) add("system", 6, `It serves ${role}.`);
  if (isBase) add("system", 9, "It came with the first packages of this machine.");
  else if (context.older.has(name))
    add("system", 6, "It has been upgraded, and apt remembers no installation of it.");
  if (context.asked.has(name)) {
    add("user", 6, "Somebody asked apt for it.");
    add("app", 5, "Somebody asked apt for it.");
  } else if (found.automatic) add("auto", 8, "It was installed because another needs it.");
  else if (!isBase) {
    add("user", 3, "Nothing says that another needs it.");
    add("app", 2, "Nothing says that another needs it.");
  }
  const units = (context.units[name] ?? []).map((path) => path.slice(path.lastIndexOf("/") + 1));
  if (units.length > 0) add("app", 3, `It brings ${units.slice(0, 3).join(", ")}.`);
  if (context.listening.has(name)) add("app", 2, "It listens on the network.");
  if (appSections.test(found.section ?? "")) add("app", 2, `Its section is ${found.section}.`);
  return evidence;
}

function judge(evidence: Evidence[]): Classified {
  const sums = packageClasses.map((each) => ({
    class: each,
    weight: evidence.filter((one) => one.for === each).reduce((sum, one) => sum + one.weight, 0),
  }));
  const [first, second] = sums.toSorted((a, b) => b.weight - a.weight) as [
    (typeof sums)[0],
    (typeof sums)[0],
  ];
  const reasons = evidence.filter((one) => one.for === first.class).toSorted((a, b) => b.weight - a.weight);
  return {
    class: first.class,
    score: first.weight - second.weight,
    reasons: reasons.map(({ reason }) => reason),
  };
}

/** What the machine could not start, be reached or be administered without, with the role that it serves. */
export function keystoneClosure(packages: Packages, dependencies: Dependencies): Map<string, string> {
  const roles = new Map<string, string>();
  for (const [pattern, role] of keystones) {
    const roots = Object.keys(packages).filter((key) => pattern.test(packages[key]?.name ?? ""));
    for (const key of dependencies.closure(roots)) if (!roles.has(key)) roles.set(key, role);
  }
  return roles;
}

/** Packages that were unpacked before the first long pause, and before anybody asked apt for one. */
function baselineOf({ unpackedAt, asked }: Survey, packages: Packages): Set<string> {
  const inOrder = Object.entries(unpackedAt).sort(([, a], [, b]) => a - b);
  const pause = inOrder.findIndex(
    ([, at], index) => at - (inOrder[index - 1]?.[1] ?? at) > baselinePauseSeconds,
  );
  const named = new Set(asked.flatMap(({ line }) => wanted(line)));
  const first = inOrder.findIndex(([name]) => named.has(name));
  let end = Math.min(...[pause, first].map((at) => (at < 0 ? inOrder.length : at)));
  // What the first one that was asked for pulled in was unpacked directly before it.
  if (end === first) while (end > 0 && packages[inOrder[end - 1]?.[0] ?? ""]?.automatic) end--;
  return new Set(inOrder.slice(0, end).map(([name]) => name));
}

function askedFor({ asked }: Survey): Set<string> {
  return new Set(asked.flatMap(({ line }) => wanted(line)));
}

/** Names behind `install` of a command line of apt. */
function wanted(line: string): string[] {
  const words = line.split(/\s+/);
  const at = words.indexOf("install");
  if (at < 0) return [];
  const takesValue = /^-(o|t|c)$/;
  return words
    .slice(at + 1)
    .filter((word, index, all) => !word.startsWith("-") && !takesValue.test(all[index - 1] ?? ""))
    .map((word) => word.replace(/[=/:].*$/, ""))
    .filter((word) => /^[a-z0-9][a-z0-9+.-]+$/.test(word));
}
