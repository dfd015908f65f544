import type { Package, Probe } from "../facts/index.ts";
import { compareVersions } from "../reinstall/index.ts";

/** A known fault of what is installed, or a security update that is not. */
export interface Vulnerability {
  /** CVE; null: the host's index tells of an update and not what for. */
  id: string | null;
  source: string;
  /** Installed ones that are built from it. */
  packages: string[];
  installed: string;
  /** Version that has it no more; null: there is none for this release. */
  fixed: string | null;
  /** `open`: no fix for this release; `undetermined`: the distribution has not looked into it. */
  state: "fixable" | "open" | "undetermined";
  urgency: string | null;
  note: string | null;
}

/** Where the knowledge comes from and how old it is. */
export interface AdvisorySource {
  kind: "debian-tracker" | "apt-security";
  release: string;
  /** When it was made, or for a file when it was fetched; null: it does not say. */
  dataFrom: string | null;
  ageDays: number | null;
}

export interface Vulnerabilities {
  /** `unknown`: there is no data, which is no sign that there is nothing. */
  outcome: "known" | "unknown";
  reason: string | null;
  sources: AdvisorySource[];
  /** Installed packages that the data was asked for. */
  packages: number;
  findings: Vulnerability[];
}

/** Of one source package, as the Debian security tracker has it. @see https://security-tracker.debian.org/tracker/data/json */
export type TrackerEntry = Record<
  string,
  {
    releases?: Record<string, { status?: string; fixed_version?: string; urgency?: string; nodsa?: string }>;
  }
>;

/** The tracker's data about the sources that a host has packages of. */
export interface Tracker {
  /** When the operator's file was written. */
  dataFrom: Date;
  /** By source package; one without an entry has no known fault. */
  entries: ReadonlyMap<string, TrackerEntry>;
}

interface Offered {
  release: string;
  dataFrom: Date | null;
  /** By `name architecture`. */
  versions: Map<string, string>;
}

const dayMilliseconds = 86_400_000;

/** Installed packages by what they were built from, each version apart. */
export function sourcesOf(packages: Record<string, Package>): Map<string, Package[]> {
  return Map.groupBy(
    Object.values(packages).filter(({ installed }) => installed),
    ({ source }) => source,
  );
}

/** The host's own security index; undefined: it has none that could be read. Pure. */
export function readOffered(probe: Probe): Offered | undefined {
  const versions = new Map<string, string>();
  let index: string | undefined;
  let name = "";
  let version = "";
  for (const line of probe.section("offered")) {
    const at = line.indexOf(": ");
    const value = line.slice(at + 2);
    if (line.startsWith("@")) index ??= line.slice(1);
    else if (line.startsWith("Package: ")) name = value;
    else if (line.startsWith("Version: ")) version = value;
    else if (line.startsWith("Architecture: ")) {
      const known = versions.get(`${name} ${value}`);
      if (known === undefined || compareVersions(known, version) < 0)
        versions.set(`${name} ${value}`, version);
    }
  }
  if (index === undefined) return undefined;
  const releases = probe.section("releases").flatMap((line) => {
    const [, path = "", key, value = ""] = /^(\/.*Release):(\w[\w-]*): (.*)$/.exec(line) ?? [];
    return key === undefined ? [] : [{ path, key, value }];
  });
  const folder = /^(.*_dists_[^_]+)_/.exec(index)?.[1] ?? index;
  const of = (key: string) =>
    releases.find((one) => one.path.startsWith(`${folder}_`) && one.key === key)?.value;
  const time = Date.parse(of("Date") ?? "");
  return {
    release: of("Codename") ?? of("Suite") ?? "unknown",
    dataFrom: Number.isNaN(time) ? null : new Date(time),
    versions,
  };
}

/** What is installed beside what is known. Pure; versions in the order of dpkg. */
export function joinVulnerabilities(
  software: { manager: string | null; packages: Record<string, Package> },
  codename: string | null,
  { offered, tracker, at }: { offered?: Offered; tracker?: Tracker; at: Date },
): Vulnerabilities {
  const sources = sourcesOf(software.packages);
  const none = (reason: string): Vulnerabilities => ({
    outcome: "unknown",
    reason,
    sources: [],
    packages: 0,
    findings: [],
  });
  if (software.manager !== "dpkg") return none("There is data for packages of dpkg only.");
  const known: AdvisorySource[] = [];
  const findings: Vulnerability[] = [];
  if (tracker && codename !== null) {
    known.push(sourceOf("debian-tracker", codename, tracker.dataFrom, at));
    findings.push(...byTracker(sources, codename, tracker));
  }
  if (offered) {
    known.push(sourceOf("apt-security", offered.release, offered.dataFrom, at));
    const explained = new Set(
      findings.flatMap(({ state, packages }) => (state === "fixable" ? packages : [])),
    );
    findings.push(
      ...byOffered(sources, offered).filter(({ packages }) => !packages.every((name) => explained.has(name))),
    );
  }
  if (known.length === 0)
    return none(
      "No data: the host has no security index, and no tracker file is given (ROOST_SECURITY_TRACKER).",
    );
  const order = { fixable: 0, open: 1, undetermined: 2 };
  findings.sort(
    (a, b) =>
      order[a.state] - order[b.state] ||
      (a.id ?? "").localeCompare(b.id ?? "") ||
      a.source.localeCompare(b.source),
  );
  const count = [...sources.values()].reduce((sum, each) => sum + each.length, 0);
  return { outcome: "known", reason: null, sources: known, packages: count, findings };
}

function byTracker(sources: Map<string, Package[]>, codename: string, { entries }: Tracker): Vulnerability[] {
  return [...sources].flatMap(([source, packages]) =>
    Object.entries(entries.get(source) ?? {}).flatMap(([id, { releases }]) => {
      const known = releases?.[codename];
      if (!known) return [];
      const fixed = known.status === "resolved" ? (known.fixed_version ?? null) : null;
      // "0": this release never had it.
      if (fixed === "0") return [];
      const old = packages.filter(
        ({ sourceVersion }) => fixed === null || compareVersions(sourceVersion, fixed) < 0,
      );
      const [first] = old;
      if (!first) return [];
      return [
        {
          id,
          source,
          packages: old.map(({ name }) => name),
          installed: first.sourceVersion,
          fixed,
          state: fixed !== null ? "fixable" : known.status === "undetermined" ? "undetermined" : "open",
          urgency: known.urgency ?? null,
          note: known.nodsa ?? null,
        } satisfies Vulnerability,
      ];
    }),
  );
}

function byOffered(sources: Map<string, Package[]>, { versions }: Offered): Vulnerability[] {
  return [...sources].flatMap(([source, packages]) =>
    packages.flatMap(({ name, architecture, version }) => {
      const fixed = versions.get(`${name} ${architecture}`);
      if (fixed === undefined || compareVersions(version, fixed) >= 0) return [];
      const rest = { source, packages: [name], installed: version, urgency: null, note: null };
      return [{ id: null, fixed, state: "fixable" as const, ...rest }];
    }),
  );
}

function sourceOf(
  kind: AdvisorySource["kind"],
  release: string,
  dataFrom: Date | null,
  at: Date,
): AdvisorySource {
  const age = dataFrom && Math.max(0, Math.floor((at.getTime() - dataFrom.getTime()) / dayMilliseconds));
  return { kind, release, dataFrom: dataFrom?.toISOString() ?? null, ageDays: age };
}
