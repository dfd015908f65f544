import { readFileSync } from "node:fs";
import { type Conffile, readConffiles } from "../reinstall/index.ts";
import { quote } from "../undo/index.ts";

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");
const surveyText = read("survey.sh");
const contentsText = read("contents.sh");

export interface HostPackage {
  name: string;
  architecture: string;
  version: string;
  installed: boolean;
  /** Asked for by somebody; false: there because another needs it. */
  manual: boolean;
  hold: boolean;
}

export interface HostUser {
  name: string;
  uid: number;
  /** Name of the first group. */
  group: string;
  comment: string;
  home: string;
  shell: string;
  /** Further groups, in order. */
  groups: string[];
}

export interface HostUnit {
  name: string;
  /** As systemctl says it: enabled, disabled, masked, static … */
  state: string;
  active: boolean;
  /** That brought it; null: none. */
  package: string | null;
}

/** A file that no package brought. */
export interface OwnFile {
  part: "sources" | "units" | "crontabs";
  mode: string;
  owner: string;
  group: string;
  bytes: number;
  path: string;
}

/** What survey.sh says of a host. */
export interface HostState {
  architecture: string;
  id: string;
  codename: string;
  packages: HostPackage[];
  conffiles: Conffile[];
  users: HostUser[];
  groups: { name: string; gid: number }[];
  /** Names of everybody, people or not. */
  accounts: string[];
  units: HostUnit[];
  files: OwnFile[];
  /** Hashes by name; empty unless asked for. */
  passwords: Record<string, string>;
}

/** @param mark what nobody on the host can foresee: 8 to 64 letters and digits. */
export function surveyScript(mark: string, { passwords = false }: { passwords?: boolean } = {}): string {
  return [markLine(mark), `passwords=${passwords ? "yes" : "no"}`, surveyText].join("\n");
}

/** Reads files of a host; `readContents` with the same mark reads what it prints. */
export function contentsScript(mark: string, paths: readonly string[]): string {
  const calls = paths.map((path) => `  each ${quote(path)}`);
  return [markLine(mark), "paths() {", ...calls, "  :", "}", contentsText].join("\n");
}

export function markLine(mark: string): string {
  if (!/^[A-Za-z0-9]{8,64}$/.test(mark)) throw new Error("A mark is 8 to 64 letters and digits.");
  return `mark='${mark}'`;
}

/** Pairs of a name and a text. @returns undefined when they do not end with the mark. */
export function readRecords(output: string, mark: string): [name: string, text: string][] | undefined {
  const records = output.split("\0");
  if (records.pop() !== "" || records.pop() !== `end ${mark}` || records.length % 2 !== 0) return undefined;
  return Array.from({ length: records.length / 2 }, (_, index) => [
    records[index * 2] as string,
    records[index * 2 + 1] as string,
  ]);
}

/** What survey.sh printed. Pure. @returns undefined when it is not whole. */
export function readState(output: string, mark: string): HostState | undefined {
  const records = readRecords(output, mark);
  if (!records) return undefined;
  const texts = new Map(records);
  const lines = (name: string) => (texts.get(name) ?? "").split("\n").filter((line) => line !== "");
  const words = (name: string) => lines(name).map((line) => line.split(/\s+/));
  const system = Object.fromEntries(words("system")) as Record<string, string>;
  const { architecture = "" } = system;
  if (architecture === "" || !texts.has("conffiles") || !texts.has("sums")) return undefined;
  const groups = lines("groups").map((line) => line.split(":"));
  return {
    architecture,
    id: system.id ?? "",
    codename: system.codename ?? "",
    packages: readPackages(lines("packages"), new Set(lines("manual"))),
    conffiles: readConffiles(texts.get("conffiles") ?? "", texts.get("sums") ?? ""),
    users: readUsers(lines("accounts"), groups),
    groups: groups.map(([name = "", , gid]) => ({ name, gid: Number(gid) })),
    accounts: lines("accounts").map((line) => line.split(":")[0] as string),
    units: readUnits(words("units"), words("active"), lines("owners")),
    files: records.flatMap(([name]) => readOwnFile(name) ?? []),
    passwords: Object.fromEntries(
      lines("shadow").flatMap((line) => {
        const [name = "", hash = ""] = line.split(":");
        // Locked ones, and those that never had one.
        return /^\$[^!*:]+$/.test(hash) ? [[name, hash]] : [];
      }),
    ),
  };
}

function readPackages(rows: string[], manual: ReadonlySet<string>): HostPackage[] {
  return rows.map((row) => {
    const [name = "", architecture = "", version = "", want, status] = row.split("\t");
    const isManual = manual.has(name) || manual.has(`${name}:${architecture}`);
    return {
      name,
      architecture,
      version,
      installed: status === "installed",
      manual: isManual,
      hold: want === "hold",
    };
  });
}

/** Numbers that people have on Debian. @see https://www.debian.org/doc/debian-policy/ch-opersys.html#uid-and-gid-classes */
const isPersonal = (id: number) => id >= 1000 && id <= 59_999;

function readUsers(accounts: string[], groups: string[][]): HostUser[] {
  return accounts.flatMap((line) => {
    const [name = "", , uid, gid, comment = "", home = "", shell = ""] = line.split(":");
    if (!isPersonal(Number(uid))) return [];
    const group = groups.find(([, , number]) => number === gid)?.[0] ?? "";
    const further = groups.flatMap(([other = "", , , members = ""]) =>
      members.split(",").includes(name) ? [other] : [],
    );
    return [{ name, uid: Number(uid), group, comment, home, shell, groups: further.sort() }];
  });
}

function readUnits(listed: string[][], active: string[][], owners: string[]): HostUnit[] {
  const running = new Set(active.map(([name]) => name));
  const packages = new Map(
    owners.flatMap((line) => {
      const [, owner = "", unit = ""] = /^.*\/([^/:]+?)(?::[a-z0-9-]+)?\.list:.*\/([^/]+)$/.exec(line) ?? [];
      return unit === "" ? [] : [[unit, owner] as const];
    }),
  );
  return listed.map(([name = "", state = ""]) => ({
    name,
    state,
    active: running.has(name),
    package: packages.get(name) ?? null,
  }));
}

function readOwnFile(name: string): OwnFile | undefined {
  const [, part, mode = "", owner = "", group = "", bytes, path = ""] =
    /^file (sources|units|crontabs) f (\d+) (\S+) (\S+) (\d+) (\/.*)$/.exec(name) ?? [];
  if (part === undefined) return undefined;
  return { part: part as OwnFile["part"], mode, owner, group, bytes: Number(bytes), path };
}

/** What stands at a path; `other` is a link, a folder, or a file over 1 MiB. */
export type Content =
  | { kind: "file"; mode: string; owner: string; group: string; bytes: Buffer }
  | { kind: "none" | "other" };

/** What contentsScript printed, by path. Pure. @returns undefined when it is not whole. */
export function readContents(
  output: Buffer,
  mark: string,
  paths: readonly string[],
): Map<string, Content> | undefined {
  const records = output.toString("utf8").split("\0");
  const found = new Map<string, Content>();
  for (const path of paths) {
    const record = records.shift() ?? "";
    const [, kind, mode = "", owner = "", group = ""] =
      /^(none|other|file (\d+) (\S+) (\S+)) \//.exec(record) ?? [];
    if (kind === undefined || record !== `${kind} ${path}`) return undefined;
    if (kind === "none" || kind === "other") found.set(path, { kind });
    else
      found.set(path, {
        kind: "file",
        mode,
        owner,
        group,
        bytes: Buffer.from(records.shift() ?? "", "base64"),
      });
  }
  return records.length === 2 && records[0] === `end ${mark}` ? found : undefined;
}
