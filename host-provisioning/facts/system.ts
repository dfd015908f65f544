import { type Probe, record, toBytes, toNumber } from "./probe.ts";

export interface SystemFacts {
  os: {
    id: string | null;
    like: string[];
    name: string | null;
    version: string | null;
    codename: string | null;
    release: Record<string, string>;
  };
  kernel: {
    release: string | null;
    version: string | null;
    commandLine: string[];
    tainted: number | null;
    lockdown: string | null;
    securityModules: string[];
    modules: Record<string, { bytes: number | null; uses: number | null; usedBy: string[] }>;
    filesystems: string[];
  };
  /** Who looked; anybody but root sees neither programs nor sockets of others. */
  login: { id: number | null; user: string | null };
  hostname: string | null;
  machineId: string | null;
  timeZone: string | null;
  bootedAt: string | null;
  rebootRequired: boolean;
  users: Record<
    string,
    { id: number | null; group: number | null; comment: string; home: string; shell: string }
  >;
  groups: Record<string, { id: number | null; members: string[] }>;
  shells: string[];
  mounts: Record<string, { device: string; type: string; options: string[] }>;
  swaps: Record<string, { kind: string; bytes: number | null; priority: number | null }>;
  /** By the dotted name that sysctl uses. */
  sysctl: Record<string, string | number>;
}

/** These change by themselves: no setting of anybody. */
const counters =
  /^(fs\.(dentry-state|inode-nr|inode-state|file-nr|aio-nr|dquot\..*)|kernel\.(ns_last_pid|random\..*|pty\.nr|tainted)|net\.netfilter\.nf_conntrack_count)$/;

export function readSystem(probe: Probe): SystemFacts {
  const release = probe.pairs("/etc/os-release", "=");
  const of = (key: string) => unquote(release.get(key) ?? "") || null;
  const booted = toNumber(
    probe
      .lines("/proc/stat")
      .find((line) => line.startsWith("btime "))
      ?.slice(6),
  );
  const users: SystemFacts["users"] = record(
    rows(probe, "/etc/passwd", 7).map(([name = "", , id, group, comment = "", home = "", shell = ""]) => [
      name,
      { id: toNumber(id), group: toNumber(group), comment, home, shell },
    ]),
  );
  return {
    os: {
      id: of("ID"),
      like: (of("ID_LIKE") ?? "").split(" ").filter(Boolean),
      name: of("PRETTY_NAME") ?? of("NAME"),
      // Rolling and testing releases have none; Debian's own file tells the point release.
      version: (of("ID") === "debian" ? probe.text("/etc/debian_version") : null) ?? of("VERSION_ID"),
      codename: of("VERSION_CODENAME"),
      release: record([...release].map(([key, value]) => [key, unquote(value)])),
    },
    kernel: {
      release: probe.text("/proc/sys/kernel/osrelease"),
      version: probe.text("/proc/sys/kernel/version"),
      commandLine: (probe.text("/proc/cmdline") ?? "").split(" ").filter(Boolean),
      tainted: probe.number("/proc/sys/kernel/tainted"),
      lockdown: /\[(\w+)\]/.exec(probe.text("/sys/kernel/security/lockdown") ?? "")?.[1] ?? null,
      securityModules: (probe.text("/sys/kernel/security/lsm") ?? "").split(",").filter(Boolean),
      modules: record(
        probe.lines("/proc/modules").map((line) => {
          const [name = "", bytes, uses, by = "-"] = line.split(" ");
          const usedBy = by === "-" ? [] : by.split(",").filter(Boolean);
          return [name, { bytes: toNumber(bytes), uses: toNumber(uses), usedBy }];
        }),
      ),
      filesystems: probe.lines("/proc/filesystems").map((line) => line.replace("nodev", "").trim()),
    },
    login: readLogin(probe, users),
    hostname: probe.text("/proc/sys/kernel/hostname"),
    machineId: probe.text("/etc/machine-id"),
    timeZone: probe.text("/etc/timezone"),
    bootedAt: booted === null ? null : timeOf(booted),
    rebootRequired: probe.lines("/var/run/reboot-required").length > 0,
    users,
    groups: record(
      rows(probe, "/etc/group", 4).map(([name = "", , id, members = ""]) => [
        name,
        { id: toNumber(id), members: members.split(",").filter(Boolean) },
      ]),
    ),
    shells: probe.lines("/etc/shells").filter((line) => line.startsWith("/")),
    mounts: readMounts(probe),
    swaps: record(
      probe
        .lines("/proc/swaps")
        .slice(1)
        .map((line) => {
          const [name = "", kind = "", size, , priority] = line.split(/\s+/);
          return [name, { kind, bytes: toBytes(`${size}kB`), priority: toNumber(priority) }];
        }),
    ),
    sysctl: readSysctl(probe),
  };
}

/** By the probe's own process. */
function readLogin(probe: Probe, users: SystemFacts["users"]): SystemFacts["login"] {
  const status = probe.pairs(`/proc/${probe.section("self")[0] ?? ""}/status`);
  const id = toNumber(status.get("Uid")?.split(/\s+/)[1]);
  const user = id === null ? undefined : Object.keys(users).find((name) => users[name]?.id === id);
  return { id, user: user ?? null };
}

/** @see https://docs.kernel.org/filesystems/proc.html, mountinfo */
function readMounts(probe: Probe): SystemFacts["mounts"] {
  const mounts = probe.lines("/proc/self/mountinfo").flatMap((line) => {
    const [left = "", right] = line.split(" - ");
    const [, , , , point, options = ""] = left.split(" ");
    if (point === undefined || right === undefined) return [];
    const [type = "", device = "", more = ""] = right.split(" ");
    const all = [...new Set([...options.split(","), ...more.split(",")])].filter(Boolean);
    return [[plainPath(point), { device: plainPath(device), type, options: all }] as const];
  });
  return record(mounts);
}

function readSysctl(probe: Probe): SystemFacts["sysctl"] {
  const found = probe.things(/^\/proc\/sys\/(.+)$/);
  return record(
    [...found].flatMap(([path, files]) => {
      const text = (files.get("") ?? []).join("\n").replaceAll("\t", " ").trim();
      const name = path.replaceAll("/", ".");
      return counters.test(name) ? [] : [[name, toNumber(text) ?? text] as const];
    }),
  );
}

function rows(probe: Probe, path: string, columns: number): string[][] {
  return probe
    .lines(path)
    .map((line) => line.split(":"))
    .filter((row) => row.length >= columns && row[0] !== "");
}

/** Blanks and backslashes stand as three octal digits. */
function plainPath(text: string): string {
  return text.replaceAll(/\\([0-3][0-7]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

function unquote(text: string): string {
  return (
    /^"(.*)"$|^'(.*)'$/
      .exec(text)
      ?.slice(1)
      .find((part) => part !== undefined)
      ?.replaceAll(/\\(.)/g, "$1") ?? text
  );
}

function timeOf(seconds: number): string | null {
  const time = new Date(seconds * 1000);
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}
