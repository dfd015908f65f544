import type { Probe } from "../facts/probe.ts";

export interface ChangedFile {
  path: string;
  change: "content" | "missing" | "attributes";
  /** Configuration, which people are expected to change. */
  isConfiguration: boolean;
}

/** Installed files beside what their packages have. It is as honest as the host: who is root there can change the sums too. */
export interface IntegrityFacts {
  manager: "dpkg" | "rpm" | "apk";
  changed: ChangedFile[];
  /** Files that dpkg was told not to install. */
  excluded: number;
  cut: boolean;
}

const listed = 2000;
const mostBytes = 4_000_000;

/** What packages.sh said. Pure. @returns a reason where nothing was verified. */
export function readIntegrity(probe: Probe): IntegrityFacts | string {
  const [manager, ...lines] = probe.section("verified").filter(Boolean);
  if (manager !== "dpkg" && manager !== "rpm" && manager !== "apk")
    return "The host has no package manager that verifies files.";
  const found = lines.flatMap(manager === "apk" ? apkLine : rpmLine);
  const isExcluded = excludes(probe.section("excluded"));
  const changed = found.filter(({ path, change }) => change !== "missing" || !isExcluded(path));
  return {
    manager,
    changed: changed.slice(0, listed),
    excluded: found.length - changed.length,
    cut: changed.length > listed || lines.join("\n").length >= mostBytes,
  };
}

/** `??5??????   /path` or `missing   c /path`, as rpm has it and dpkg after it. @see https://manpages.debian.org/bookworm/dpkg/dpkg.1.en.html */
function rpmLine(line: string): ChangedFile[] {
  const [, marks = "", letter, path] = /^(\S{8,11}|missing)\s+(?:([a-z])\s+)?(\/.*)$/.exec(line) ?? [];
  if (path === undefined) return [];
  const change = marks === "missing" ? "missing" : marks.includes("5") ? "content" : "attributes";
  return [{ path: path.replace(/ \(.*\)$/, ""), change, isConfiguration: letter === "c" }];
}

/** `U path`, `D path`: changed or gone. @see https://man.archlinux.org/man/extra/apk-tools/apk-audit.8.en */
function apkLine(line: string): ChangedFile[] {
  const [, mark, path] = /^([UDMmXx]) (.+)$/.exec(line) ?? [];
  if (mark === undefined || path === undefined) return [];
  const change = mark === "U" ? "content" : /[DX]/i.test(mark) ? "missing" : "attributes";
  return [{ path: `/${path}`, change, isConfiguration: path.startsWith("etc/") }];
}

/** The last pattern that matches decides, as dpkg has it. */
function excludes(lines: string[]): (path: string) => boolean {
  const patterns = lines.flatMap((line) => {
    const [, verb, glob] = /^path-(exclude|include)[ =]+(\S+)/.exec(line) ?? [];
    if (glob === undefined) return [];
    const text = glob
      .replaceAll(/[.+^$()|{}\\[\]]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".");
    return [{ excludes: verb === "exclude", pattern: new RegExp(`^${text}`) }];
  });
  return (path) => patterns.findLast(({ pattern }) => pattern.test(path))?.excludes ?? false;
}
