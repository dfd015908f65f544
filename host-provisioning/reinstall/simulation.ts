import { compareVersions } from "./versions.ts";

export interface Installation {
  name: string;
  architecture: string;
  /** Null: it is not there yet. */
  from: string | null;
  to: string;
  kind: "new" | "reinstall" | "upgrade" | "downgrade";
}

/** What apt would do. */
export interface Simulation {
  installs: Installation[];
  removes: { name: string; version: string }[];
}

/** What apt would not do, and about what. */
export interface Refusal {
  kind: "unknown-package" | "unknown-version" | "not-installed-anywhere" | "unmet" | "held" | "other";
  package: string | null;
  version: string | null;
  message: string;
}

const install = /^Inst (\S+) (?:\[(\S+)\] )?\((\S+) .*?\[(\S+)\]\)/;
const remove = /^(?:Remv|Purg) (\S+) \[(\S+)\]/;

/** The output of `apt-get --simulate`. Pure; lines that it does not know are for people. */
export function readSimulation(output: string): Simulation {
  const found: Simulation = { installs: [], removes: [] };
  for (const line of output.split("\n")) {
    const [, name, from = null, to, architecture] = install.exec(line) ?? [];
    if (name !== undefined && to !== undefined && architecture !== undefined)
      found.installs.push({ name: bare(name), architecture, from, to, kind: kindOf(from, to) });
    const [, gone, version] = remove.exec(line) ?? [];
    if (gone !== undefined && version !== undefined) found.removes.push({ name: bare(gone), version });
  }
  return found;
}

const refusals: readonly [kind: Refusal["kind"], pattern: RegExp][] = [
  ["unknown-package", /^E: Unable to locate package (?<name>\S+)$/m],
  ["unknown-version", /^E: Version '(?<version>[^']*)' for '(?<name>[^']*)' was not found$/m],
  ["not-installed-anywhere", /^E: Package '(?<name>[^']*)' has no installation candidate$/m],
  ["held", /^E: Held packages were changed/m],
  ["unmet", /^ (?<name>\S+) : (?:Pre-)?(?:Depends|Conflicts|Breaks): .*$/m],
];

/** Why a simulation failed: what apt says of it in the C locale. */
export function readRefusal(output: string): Refusal {
  for (const [kind, pattern] of refusals) {
    const match = pattern.exec(output);
    if (!match) continue;
    const { name = null, version = null } = match.groups ?? {};
    return { kind, package: name, version, message: match[0].replace(/^E:/, "").trim() };
  }
  const last = output
    .split("\n")
    .filter((line) => line.startsWith("E: "))
    .at(-1);
  return { kind: "other", package: null, version: null, message: last?.slice(3) ?? "apt gave no reason" };
}

function kindOf(from: string | null, to: string): Installation["kind"] {
  if (from === null) return "new";
  const order = compareVersions(from, to);
  return order === 0 ? "reinstall" : order < 0 ? "upgrade" : "downgrade";
}

function bare(name: string): string {
  return name.replace(/:[a-z0-9-]+$/, "");
}
