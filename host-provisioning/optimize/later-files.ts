import { sysctlName, sysctlPath } from "./settings.ts";

/** Ours; whatever sorts behind is the admin's last word. */
export const ownFiles = {
  sysctl: "/etc/sysctl.d/60-roost.conf",
  udev: "/etc/udev/rules.d/60-roost.rules",
  tmpfiles: "/etc/tmpfiles.d/60-roost.conf",
} as const;

/** A line that sets something when the host starts. */
export interface Line {
  file: string;
  /** Absolute, under /proc/sys or /sys; may hold `*`. */
  path: string;
  value: string;
}

/** Of files with one name only the first of these folders counts. @see sysctl.d(5) */
const folders = ["/etc/", "/run/", "/usr/local/lib/", "/usr/lib/", "/lib/"];

/**
 * What files that are read after ours set: it would win at the next start, so it is left alone now.
 * /etc/sysctl.conf is read last, by `sysctl --system` itself or by the name 99-sysctl.conf.
 */
export function laterLines(files: ReadonlyMap<string, string>): Line[] {
  return inOrder(files).flatMap(([file, text]) => {
    const kind = kindOf(file);
    const own = kind && ownFiles[kind];
    const isLater = file === "/etc/sysctl.conf" || (own !== undefined && nameOf(file) > nameOf(own));
    return kind && isLater ? readers[kind](file, text) : [];
  });
}

/** What our own file sets by now, as `path → value`. */
export function ownLines(files: ReadonlyMap<string, string>): Map<string, string> {
  const lines = readSysctl(ownFiles.sysctl, files.get(ownFiles.sysctl) ?? "");
  return new Map(lines.map(({ path, value }) => [path, value]));
}

/** A setting of a file of ours, with the comments above it. */
export interface OwnRow {
  path: string;
  text: string;
}

/** What our own files set by now, row by row, so that a plan about some settings can leave the others there. */
export function ownRows(files: ReadonlyMap<string, string>): Record<keyof typeof ownFiles, OwnRow[]> {
  const rowsOf = (kind: keyof typeof ownFiles): OwnRow[] => {
    const found: OwnRow[] = [];
    let comments: string[] = [];
    for (const row of (files.get(ownFiles[kind]) ?? "").split("\n")) {
      const path = kind === "udev" ? deviceOf(row) : readers[kind](ownFiles[kind], row)[0]?.path;
      if (path !== undefined) found.push({ path, text: [...comments, row].join("\n") });
      comments = path === undefined && row.startsWith("#") && row !== heading ? [...comments, row] : [];
    }
    return found;
  };
  return { sysctl: rowsOf("sysctl"), udev: rowsOf("udev"), tmpfiles: rowsOf("tmpfiles") };
}

/** First line of each file of ours. */
export const heading = "# Written by Roost. A file of yours that sorts behind this one wins.";

/** Of a rule as we write them. */
function deviceOf(rule: string): string | undefined {
  const [, device, leaf] = /KERNEL=="([^"]+)", ATTR\{([a-z_/]+)\}="/.exec(rule) ?? [];
  return device && leaf && `/sys/block/${device.replaceAll("/", "!")}/${leaf}`;
}

/** The last line that sets a path; undefined when none does. */
export function setterOf(lines: readonly Line[], path: string): Line | undefined {
  return lines.findLast((line) => matches(line.path, path));
}

type Kind = keyof typeof ownFiles;

function kindOf(file: string): Kind | undefined {
  if (file === "/etc/sysctl.conf" || file.includes("/sysctl.d/")) return "sysctl";
  if (file.includes("/udev/rules.d/")) return "udev";
  return file.includes("/tmpfiles.d/") ? "tmpfiles" : undefined;
}

function inOrder(files: ReadonlyMap<string, string>): [string, string][] {
  const rank = (file: string) => folders.findIndex((folder) => file.startsWith(folder));
  const chosen = new Map<string, [string, string]>();
  for (const [file, text] of files) {
    const kind = kindOf(file);
    if (kind === undefined) continue;
    const name = `${kind} ${file === "/etc/sysctl.conf" ? "~" : nameOf(file)}`;
    const before = chosen.get(name);
    if (!before || rank(file) < rank(before[0])) chosen.set(name, [file, text]);
  }
  return [...chosen].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
}

const readers: Record<Kind, (file: string, text: string) => Line[]> = {
  sysctl: readSysctl,
  udev: readUdev,
  tmpfiles: readTmpfiles,
};

/** Names stand with dots or with slashes: the first of either tells which. A leading `-` forgives a failure. */
function readSysctl(file: string, text: string): Line[] {
  return rows(text).flatMap((row) => {
    const [, key, value] = /^-?\s*([^=\s]+)\s*=\s*(.*)$/.exec(row) ?? [];
    if (key === undefined || value === undefined) return [];
    const first = /[./]/.exec(key)?.[0];
    const path = first === "/" ? `/proc/sys/${key}` : sysctlPath(key);
    return [{ file, path, value: value.trim() }];
  });
}

/** Which devices a rule is about is not worked out: one that may be about a queue's attribute counts for all. */
function readUdev(file: string, text: string): Line[] {
  return rows(text).flatMap((row) =>
    [...row.matchAll(/ATTR\{(queue\/[a-z_]+)\}\s*=\s*"([^"]*)"/g)].map(([, leaf = "", value = ""]) => ({
      file,
      path: `/sys/block/*/${leaf}`,
      value,
    })),
  );
}

function readTmpfiles(file: string, text: string): Line[] {
  return rows(text).flatMap((row) => {
    const [type = "", path = "", , , , , ...value] = row.split(/\s+/);
    return /^w\+?!?$/.test(type) && path.startsWith("/sys/") ? [{ file, path, value: value.join(" ") }] : [];
  });
}

function rows(text: string): string[] {
  return text
    .split("\n")
    .map((row) => row.trim())
    .filter((row) => row !== "" && !/^[#;]/.test(row));
}

function matches(pattern: string, path: string): boolean {
  if (pattern === path) return true;
  const parts = pattern.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return parts.length > 1 && new RegExp(`^${parts.join("[^/]*")}$`).test(path);
}

function nameOf(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1);
}

/** `vm.swappiness = 10`, as sysctl.d(5) has it. */
export function sysctlLine(path: string, value: string): string | undefined {
  const name = sysctlName(path);
  return name === undefined ? undefined : `${name} = ${value}`;
}
