import { type Probe, record, toNumber } from "./probe.ts";

export interface Package {
  name: string;
  version: string;
  architecture: string;
  /** False: removed, its configuration left behind, or half installed. */
  installed: boolean;
  /** What it was built from. */
  source: string;
  /** Of that source, which may be otherwise than the package's own. */
  sourceVersion: string;
  section: string | null;
  priority: string | null;
  essential: boolean;
  /** True: installed only because another needs it; null: the package manager does not tell. */
  automatic: boolean | null;
  bytes: number | null;
  vendor: string | null;
  licence: string | null;
  homepage: string | null;
  summary: string | null;
  /** As the package says it: `libc6 (>= 2.36)`, `so:libc.musl-x86_64.so.1`, `rpmlib(…)` left out. */
  depends: string[];
  recommends: string[];
  provides: string[];
}

export interface PackageFacts {
  manager: "dpkg" | "apk" | "rpm" | null;
  /** By name; where a name is installed for two architectures, `name:architecture`. */
  packages: Record<string, Package>;
  sources: string[];
}

export function readPackages(probe: Probe): PackageFacts {
  const readers = { dpkg: readDpkg, apk: readApk, rpm: readRpm } as const;
  const manager = (["dpkg", "apk", "rpm"] as const).find((name) => probe.section(name).length > 0) ?? null;
  const found = manager === null ? [] : readers[manager](probe);
  const times = new Map<string, number>();
  for (const { name } of found) times.set(name, (times.get(name) ?? 0) + 1);
  const entries = found.map(
    (one) => [(times.get(one.name) ?? 0) > 1 ? `${one.name}:${one.architecture}` : one.name, one] as const,
  );
  return { manager, packages: record(entries), sources: readSources(probe) };
}

/** @see https://www.debian.org/doc/debian-policy/ch-controlfields.html */
function readDpkg(probe: Probe): Package[] {
  const automatic = new Set<string>();
  const states = probe.lines("/var/lib/apt/extended_states");
  for (const block of stanzas(states, /^Package: /)) {
    if (block.get("Auto-Installed") === "1") automatic.add(block.get("Package") ?? "");
  }
  return stanzas(probe.section("dpkg"), /^Package: /).map((block) => {
    const name = block.get("Package") ?? "";
    const kibibytes = toNumber(block.get("Installed-Size"));
    return {
      name,
      version: block.get("Version") ?? "",
      architecture: block.get("Architecture") ?? "",
      installed: /^\S+ \S+ installed$/.test(block.get("Status") ?? ""),
      source: (block.get("Source") ?? name).split(" ")[0] as string,
      // Built anew without a change, `+b1` stands behind the version of the package alone.
      sourceVersion: /\((.+)\)$/.exec(block.get("Source") ?? "")?.[1] ?? block.get("Version") ?? "",
      section: block.get("Section") ?? null,
      priority: block.get("Priority") ?? null,
      essential: block.get("Essential") === "yes" || block.get("Protected") === "yes",
      automatic: states.length > 0 ? automatic.has(name) : null,
      bytes: kibibytes === null ? null : kibibytes * 1024,
      vendor: block.get("Maintainer") ?? null,
      licence: null,
      homepage: block.get("Homepage") ?? null,
      summary: block.get("Description") ?? null,
      depends: [...list(block.get("Pre-Depends"), ","), ...list(block.get("Depends"), ",")],
      recommends: list(block.get("Recommends"), ","),
      provides: list(block.get("Provides"), ","),
    };
  });
}

/** @see https://wiki.alpinelinux.org/wiki/Apk_spec, the installed database */
function readApk(probe: Probe): Package[] {
  const world = new Set(probe.lines("/etc/apk/world").map((line) => line.replace(/[<>=~@].*$/, "")));
  return stanzas(probe.section("apk"), /^P:/).map((block) => {
    const name = block.get("P") ?? "";
    return {
      name,
      version: block.get("V") ?? "",
      architecture: block.get("A") ?? "",
      installed: true,
      source: block.get("o") ?? name,
      sourceVersion: block.get("V") ?? "",
      section: null,
      priority: null,
      essential: false,
      automatic: world.size > 0 ? !world.has(name) : null,
      bytes: toNumber(block.get("I")),
      vendor: block.get("m") ?? null,
      licence: block.get("L") ?? null,
      homepage: block.get("U") ?? null,
      summary: block.get("T") ?? null,
      depends: list(block.get("D"), " "),
      recommends: [],
      provides: list(block.get("p"), " "),
    };
  });
}

function readRpm(probe: Probe): Package[] {
  return probe.section("rpm").flatMap((line) => {
    const columns = line.split("\t");
    if (columns.length < 14) return [];
    const [
      name = "",
      epoch,
      version,
      release,
      architecture = "",
      size,
      vendor,
      group,
      ,
      source,
      licence,
      home,
      summary,
      needs,
    ] = columns.map((text) => (text === "(none)" ? "" : text));
    const prefix = epoch && epoch !== "0" ? `${epoch}:` : "";
    const depends = [...new Set(list(needs, " "))].filter((need) => !need.startsWith("rpmlib("));
    return [
      {
        name,
        version: `${prefix}${version}-${release}`,
        architecture,
        installed: true,
        source: source?.replace(/-[^-]+-[^-]+\.(no)?src\.rpm$/, "") || name,
        sourceVersion: /-([^-]+-[^-]+)\.(?:no)?src\.rpm$/.exec(source ?? "")?.[1] ?? `${version}-${release}`,
        section: group || null,
        priority: null,
        essential: false,
        automatic: null,
        bytes: toNumber(size),
        vendor: vendor || null,
        licence: licence || null,
        homepage: home || null,
        summary: summary || null,
        depends,
        recommends: [],
        provides: [],
      },
    ];
  });
}

/** Which package each program belongs to, by the program's path. */
export function readOwners(probe: Probe): Map<string, string> {
  const lines = probe.section("owners").filter(Boolean);
  const owners = new Map<string, string>();
  if (probe.section("rpm").length > 0) {
    const at = lines.indexOf("==");
    const paths = lines.slice(0, Math.max(0, at));
    const names = lines.slice(at + 1);
    // A path of two packages gives two lines: then nothing is in order any more.
    if (paths.length !== names.length) return owners;
    for (const [index, path] of paths.entries()) {
      const name = names[index] as string;
      if (!name.includes(" ")) owners.set(path, name);
    }
    return owners;
  }
  if (probe.section("apk").length > 0) return apkOwners(probe.section("apk"));
  for (const line of lines) {
    const [, name, path] = /^\/var\/lib\/dpkg\/info\/([^/:]+)(?::[^/:]+)?\.list:(\/.*)$/.exec(line) ?? [];
    if (name !== undefined && path !== undefined) owners.set(path, name);
  }
  // Where /bin is a link to /usr/bin, a process is seen under the latter.
  for (const [path, name] of [...owners]) if (!owners.has(`/usr${path}`)) owners.set(`/usr${path}`, name);
  return owners;
}

function apkOwners(lines: string[]): Map<string, string> {
  const owners = new Map<string, string>();
  let name = "";
  let folder = "";
  for (const line of lines) {
    const value = line.slice(2);
    if (line.startsWith("P:")) name = value;
    else if (line.startsWith("F:")) folder = value;
    else if (line.startsWith("R:")) owners.set(`/${folder}/${value}`, name);
  }
  return owners;
}

function readSources(probe: Probe): string[] {
  const files = probe.things(
    /^(\/etc\/(?:apt\/sources\.list(?:\.d\/[^/]+)?|apk\/repositories|yum\.repos\.d\/[^/]+))$/,
  );
  const lines = [...files].flatMap(([path]) => probe.lines(path));
  const kept = lines.filter((line) =>
    /^\s*(deb |deb-src |URIs:|https?:|\/|baseurl|mirrorlist|metalink)/.test(line),
  );
  // A repository's address may hold a password.
  return [...new Set(kept.map((line) => line.trim().replaceAll(/\/\/[^/@\s]*@/g, "//")))].sort();
}

/** Blocks of `Key: value`, each begun by a line of its own kind. */
function stanzas(lines: string[], first: RegExp): Map<string, string>[] {
  const blocks: Map<string, string>[] = [];
  for (const line of lines) {
    if (first.test(line)) blocks.push(new Map());
    const at = line.indexOf(":");
    const block = blocks.at(-1);
    const key = line.slice(0, at);
    if (block && at > 0 && !block.has(key)) block.set(key, line.slice(at + 1).trim());
  }
  return blocks;
}

function list(text: string | undefined, separator: string): string[] {
  return (text ?? "")
    .split(separator)
    .map((part) => part.trim())
    .filter(Boolean);
}
