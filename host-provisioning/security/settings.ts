import { type Probe, record, toNumber, toPairs } from "../facts/probe.ts";

export interface Permissions {
  /** With the bits for setuid, setgid and sticky. */
  mode: number;
  owner: number;
  group: number;
}

export interface Password {
  /** `empty`, `locked`, `des`, or the letters of its scheme, such as `y` for yescrypt. */
  kind: string;
  /** Days from 1970 to its last change. */
  changed: number | null;
  /** Days until it has to be changed. */
  most: number | null;
}

/** How a host is set up where that decides how safe it is. Null: this login could not see it, or the host has no way to tell. */
export interface Settings {
  sshd: {
    installed: boolean;
    /** What the server goes by, defaults included, by keywords in small letters; null: it does not say. */
    options: Record<string, string> | null;
    /** Its own words when it does not. */
    reason: string | null;
  };
  loginDefs: Record<string, string>;
  /** By account; hashes never leave the host. */
  passwords: Record<string, Password> | null;
  /** Lines of PAM with their file's name in front: `common-auth: auth required pam_unix.so`. */
  pam: string[];
  faillock: Record<string, string>;
  pwquality: Record<string, string>;
  sudoers: string[] | null;
  journald: Record<string, string>;
  /** What loading a module would do. */
  modules: Record<string, "loads" | "disabled" | "absent"> | null;
  /** By path; what is not there is left out. */
  permissions: Record<string, Permissions> | null;
  /** `none`: what comes in is not filtered. */
  firewall: { state: "filters" | "none"; rules: string[] } | null;
  mandatoryAccess: "apparmor" | "selinux" | "none";
  apt: Record<string, string>;
  /** Package sources that are trusted without a signature. */
  unsignedSources: string[];
  /** Programs that would have told more. */
  missing: string[];
}

/** What settings.sh said. Pure, and total. */
export function readSettings(probe: Probe): Settings {
  const mayRead = new Set(probe.section("may-read"));
  const permissions = probe.section("permissions").filter(Boolean);
  const passwords = probe.section("passwords").filter(Boolean);
  const modules = probe.section("modules").filter(Boolean);
  const missing = probe.section("missing").filter(Boolean);
  return {
    sshd: readServer(probe.section("sshd")),
    loginDefs: record(words(probe.lines("/etc/login.defs"))),
    passwords: mayRead.has("/etc/shadow") ? record(passwords.flatMap(passwordOf)) : null,
    pam: linesOf(probe, /^\/etc\/pam\.d\/([^/]+)$/).filter((line) => !/: *#/.test(line)),
    faillock: options(probe.lines("/etc/security/faillock.conf")),
    pwquality: options([
      ...probe.lines("/etc/security/pwquality.conf"),
      ...bodies(probe, /^(\/etc\/security\/pwquality\.conf\.d\/.+)$/),
    ]),
    sudoers: mayRead.has("/etc/sudoers") ? bodies(probe, /^(\/etc\/sudoers(?:\.d\/[^/]+)?)$/) : null,
    journald: options([
      ...probe.lines("/etc/systemd/journald.conf"),
      ...bodies(probe, /^(\/etc\/systemd\/journald\.conf\.d\/.+)$/),
    ]),
    modules: missing.includes("modprobe") ? null : record(modules.flatMap(moduleOf)),
    permissions: missing.includes("stat") ? null : record(permissions.flatMap(permissionsOf)),
    firewall: readFirewall(probe.section("firewall")),
    mandatoryAccess:
      probe.text("/sys/module/apparmor/parameters/enabled") === "Y"
        ? "apparmor"
        : probe.text("/sys/fs/selinux/enforce") === "1"
          ? "selinux"
          : "none",
    apt: record(bodies(probe, /^(\/etc\/apt\/apt\.conf(?:\.d\/[^/]+)?)$/).flatMap(aptOption)),
    unsignedSources: bodies(probe, /^(\/etc\/apt\/sources\.list(?:\.d\/[^/]+)?)$/).filter((line) =>
      /^[^#]*\btrusted\s*[=:]\s*yes\b/i.test(line),
    ),
    missing,
  };
}

function readServer(lines: string[]): Settings["sshd"] {
  const installed = lines.some((line) => line.startsWith("path:"));
  const failed = lines
    .find((line) => line.startsWith("failed:"))
    ?.slice(7)
    .trim();
  if (!installed || failed !== undefined) return { installed, options: null, reason: failed ?? null };
  const found = words(lines.filter((line) => !line.startsWith("path:")));
  return { installed, options: record(found), reason: null };
}

function passwordOf(line: string): [string, Password][] {
  const [name, kind, changed, , most] = line.split(":");
  if (!name || !kind) return [];
  return [[name, { kind, changed: toNumber(changed), most: toNumber(most) }]];
}

function permissionsOf(line: string): [string, Permissions][] {
  const [, mode = "", owner, group, path] = /^([0-9a-f]+) (\d+) (\d+) (\/.*)$/.exec(line) ?? [];
  if (path === undefined) return [];
  return [[path, { mode: Number.parseInt(mode, 16) & 0o7777, owner: Number(owner), group: Number(group) }]];
}

/** @see https://manpages.debian.org/bookworm/kmod/modprobe.8.en.html for what -n -v prints */
function moduleOf(line: string): [string, "loads" | "disabled" | "absent"][] {
  const [, name, said = ""] = /^(\w+):(.*)$/.exec(line) ?? [];
  if (name === undefined) return [];
  if (said.startsWith("install ")) return [[name, /\/(false|true)\b/.test(said) ? "disabled" : "loads"]];
  return [[name, said === "none" ? "absent" : "loads"]];
}

/** Something has to refuse what comes in: a policy, or a rule that drops or rejects. */
function readFirewall(lines: string[]): Settings["firewall"] {
  if (!lines.some((line) => line.startsWith("tool:"))) return null;
  const rules = lines.filter((line) => !line.startsWith("tool:")).map((line) => line.trim());
  const refuses = rules.some((rule) =>
    /hook input.*policy drop|^:INPUT DROP|^-A INPUT .*-j (DROP|REJECT)/.test(rule),
  );
  return { state: refuses ? "filters" : "none", rules: rules.filter(Boolean).slice(0, 100) };
}

/** `APT::Periodic::Unattended-Upgrade "1";` */
function aptOption(line: string): [string, string][] {
  const [, name, value] = /^\s*([A-Za-z:-]+)\s+"([^"]*)"\s*;/.exec(line) ?? [];
  return name === undefined || value === undefined ? [] : [[name.toLowerCase(), value]];
}

/** `KEY VALUE`; of a keyword that comes several times the first, as sshd takes it. */
function words(lines: string[]): [string, string][] {
  const found = new Map<string, string>();
  for (const line of lines) {
    const [, key, value] = /^\s*(\S+)\s*(.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined && !key.startsWith("#") && !found.has(key))
      found.set(key, value);
  }
  return [...found];
}

/** `key = value`, or `key` alone; of several the last. */
function options(lines: string[]): Record<string, string> {
  const kept = lines.filter((line) => !/^\s*[#;[]/.test(line));
  const alone = kept.filter((line) => !line.includes("=") && line.trim() !== "");
  return record([...toPairs(kept, "="), ...alone.map((line) => [line.trim(), ""] as const)]);
}

function bodies(probe: Probe, pattern: RegExp): string[] {
  return [...probe.things(pattern).keys()].sort().flatMap((path) => probe.lines(path));
}

function linesOf(probe: Probe, pattern: RegExp): string[] {
  return [...probe.things(pattern)].flatMap(([name, files]) =>
    [...files.values()].flat().map((line) => `${name}: ${line.replaceAll(/\s+/g, " ").trim()}`),
  );
}
