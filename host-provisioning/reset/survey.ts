import { readFileSync } from "node:fs";
import { type Conffile, conffileFunctions, readConffiles } from "../reinstall/index.ts";
import { quote } from "../undo/index.ts";
import { type OtherPackage, readOther } from "./others.ts";

const script = readFileSync(new URL("survey.sh", import.meta.url), "utf8");

export const fileClasses = [
  "apt-cache",
  "user-cache",
  "user-package",
  "temporary",
  "old-log",
  "live-log",
  "coredump",
  "source",
  "data",
  "schedule",
  "setting",
  "home",
  "wanted",
  "misnamed",
] as const;
export type FileClass = (typeof fileClasses)[number];

export interface FoundFile {
  class: FileClass;
  /** As `find` says it: f file, d folder, l link … */
  type: string;
  bytes: number;
  allocatedBytes: number;
  /** Seconds since 1970. */
  changedAt: number;
  userId: number;
  path: string;
}

/** What survey.sh found. */
export interface Survey {
  /** By package: when its file list was written, in seconds since 1970. */
  unpackedAt: Record<string, number>;
  /** What people asked apt for, with the time in the host's own zone. */
  asked: { at: string; line: string }[];
  /** Packages that apt remembers to have installed, and those that it has unpacked again. */
  history: { installed: string[]; renewed: string[] };
  /** By package: the paths of the units and desktop files that it brings. */
  units: Record<string, string[]>;
  /** Packages that bring the shell of somebody who can log in. */
  shells: string[];
  kernel: string;
  /** Who the survey was logged in as. */
  self: string;
  files: FoundFile[];
  /** By path, where files go: the installed packages that it belongs to. */
  owners: Record<string, string[]>;
  templates: { path: string; template: string }[];
  /** Accounts that are none of the system's. */
  people: { name: string; userId: number; home: string }[];
  /** Private keys that the machine is known by. */
  hostKeys: string[];
  hasMachineId: boolean;
  /** Packages of other managers. */
  others: OtherPackage[];
  conffiles: Conffile[];
  /** Versions that apt could install, by package. */
  available: Record<string, string[]>;
}

/**
 * @param mark as for a scan: what nobody on the host can foresee, 8 to 64 letters and digits.
 * @param paths absolute ones that somebody wants gone: they are told of class `wanted`, with all below them.
 */
export function surveyScript(mark: string, paths: readonly string[] = []): string {
  if (!/^[A-Za-z0-9]{8,64}$/.test(mark)) throw new Error("A mark is 8 to 64 letters and digits.");
  const wanted = ["wanted_paths() {", ...paths.map((path) => `  wanted ${quote(path)}`), "  :", "}"];
  return [`mark='${mark}'`, ...wanted, conffileFunctions, script].join("\n");
}

/**
 * Reads what survey.sh printed. Pure, and total: nothing is thrown, whatever a host says.
 * @returns undefined when it is not whole.
 */
export function readSurvey(output: Buffer, mark: string): Survey | undefined {
  const records = output.toString("utf8").split("\0");
  if (records.pop() !== "" || records.pop() !== `end ${mark}`) return undefined;
  const of = (kind: string): string[] =>
    records.filter((line) => line.startsWith(`${kind} `)).map((line) => line.slice(kind.length + 1));
  const paths = of("unit").flatMap(packageAndPath);
  const shells = new Set(of("login"));
  return {
    unpackedAt: Object.fromEntries(of("list").flatMap(readList)),
    asked: readAsked(of("asked")),
    history: {
      installed: namesIn(of("asked"), /^Install: /),
      renewed: namesIn(of("asked"), /^(Upgrade|Reinstall): /),
    },
    units: Object.fromEntries(
      [...Map.groupBy(paths, ({ name }) => name)].map(([name, found]) => [
        name,
        found.map(({ path }) => path).filter((path) => !/\/bin\//.test(path)),
      ]),
    ),
    shells: paths
      .filter(
        ({ path }) => shells.has(path) || shells.has(path.replace(/^\/usr/, "")) || shells.has(`/usr${path}`),
      )
      .map(({ name }) => name),
    kernel: of("kernel")[0] ?? "",
    self: of("self")[0] ?? "",
    files: of("file").flatMap(readFile),
    owners: readOwners(of("owner")),
    templates: of("template").flatMap((line) => {
      const [, template, path] = /^(\/[^ ]+) (\/.+)$/s.exec(line) ?? [];
      return template !== undefined && path !== undefined && isPlain(path) ? [{ path, template }] : [];
    }),
    people: of("person").flatMap((line) => {
      const [, name = "", userId, home = ""] = /^(\S+) (\d+) (.*)$/s.exec(line) ?? [];
      return userId === undefined || !isPlain(home) ? [] : [{ name, userId: Number(userId), home }];
    }),
    hostKeys: of("host-key"),
    hasMachineId: of("machine-id").length > 0,
    others: of("other").filter(isPlain).flatMap(readOther),
    conffiles: readConffiles(of("conffiles")[0] ?? "", of("sums")[0] ?? ""),
    available: readAvailable(of("available")[0] ?? ""),
  };
}

function readOwners(lines: string[]): Survey["owners"] {
  const byPath = Map.groupBy(lines.flatMap(packageAndPath), ({ path }) => path);
  return Object.fromEntries(
    [...byPath].map(([path, found]) => [path, [...new Set(found.map(({ name }) => name))]]),
  );
}

function readAvailable(rows: string): Survey["available"] {
  const found: Record<string, string[]> = {};
  for (const row of rows.split("\n")) {
    const [, name = "", version] = /^ *(\S+) \| +(\S+) \|/.exec(row) ?? [];
    if (version !== undefined) found[name] = [...(found[name] ?? []), version];
  }
  return found;
}

const listPath = /^(\d+) \/var\/lib\/dpkg\/info\/([a-z0-9][a-z0-9+.-]*)(?::[a-z0-9-]+)?\.list$/;

function readList(line: string): [string, number][] {
  const [, time, name] = listPath.exec(line) ?? [];
  return name === undefined ? [] : [[name, Number(time)]];
}

function packageAndPath(line: string): { name: string; path: string }[] {
  const [, name, path] =
    /^\/var\/lib\/dpkg\/info\/([a-z0-9][a-z0-9+.-]*)(?::[a-z0-9-]+)?\.list:(\/.+)$/.exec(line) ?? [];
  return name === undefined || path === undefined ? [] : [{ name, path }];
}

/** Of `Install: name:arch (version, automatic), …`. */
function namesIn(lines: string[], kind: RegExp): string[] {
  const lists = lines.filter((line) => kind.test(line)).map((line) => line.replace(kind, ""));
  return lists.flatMap((list) =>
    [...list.matchAll(/([a-z0-9][a-z0-9+.-]*):\S+ \(/g)].map(([, name = ""]) => name),
  );
}

function readAsked(lines: string[]): Survey["asked"] {
  const found: Survey["asked"] = [];
  let at = "";
  for (const line of lines) {
    const [, key, value = ""] = /^(Start-Date|Commandline): (.*)$/.exec(line) ?? [];
    if (key === "Start-Date") at = value.trim();
    else if (key === "Commandline") found.push({ at, line: value });
  }
  return found;
}

function readFile(line: string): FoundFile[] {
  const found = /^([a-z-]+) (.) (\d+) (\d+) (\d+)(?:\.\d+)? (\d+) (\/.+)$/s.exec(line);
  if (!found) return [];
  const [, kind = "", type = "", bytes, blocks, time, user, path = ""] = found;
  const known = fileClasses.find((each) => each === kind);
  if (known === undefined) return [];
  return [
    {
      class: isPlain(path) ? known : "misnamed",
      type,
      bytes: type === "d" ? 0 : Number(bytes),
      allocatedBytes: Number(blocks) * 512,
      changedAt: Number(time),
      userId: Number(user),
      path,
    },
  ];
}

/** A name that is no UTF-8 could not be given back exactly; its file is left alone, and so is the folder of it. */
function isPlain(path: string): boolean {
  return !path.includes("\uFFFD");
}
