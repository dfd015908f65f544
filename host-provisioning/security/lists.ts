import type { Facts } from "../facts/index.ts";
import type { Evidence } from "./security.ts";

/** Undefined: what it is worked out of is not known. */
type List = (evidence: Evidence, facts: Facts) => string[] | null | undefined;

const databasePorts = new Set([3306, 5432, 6379, 9200, 11211, 27017, 5984, 8086, 9042]);
const plainPorts = new Set([21, 23, 69, 512, 513, 514]);
const noShell = /\/(nologin|false|true|sync|halt|shutdown)$/;
const firstPerson = 1000;
const slowHashes = new Set(["y", "gy", "7", "6", "2b", "2y", "2a", "5", "sm3"]);

const userIds = ({ system }: Facts) =>
  Object.entries(system.users).flatMap(([name, { id }]) => (id === null ? [] : [[name, id] as const]));
const isOpen = (scope: string) => scope === "any" || scope === "public";
const openPorts = ({ network }: Facts, ports: Set<number>) =>
  network.ports.flatMap(({ protocol, port, address, scope, process }) =>
    isOpen(scope) && ports.has(port) ? [`${protocol}/${port} at ${address} (${process ?? "unknown"})`] : [],
  );

function repeated(entries: (readonly [string, number])[]): string[] {
  const groups = Map.groupBy(entries, ([, id]) => id);
  return [...groups].flatMap(([id, all]) =>
    all.length > 1 ? [`${id}: ${all.map(([name]) => name).join(", ")}`] : [],
  );
}

/** Members by the group's line, and those whose first group it is. */
function membersOf(facts: Facts, name: string): string[] {
  const group = facts.system.groups[name];
  if (!group) return [];
  const first = Object.entries(facts.system.users).filter(([, user]) => user.group === group.id);
  return [...new Set([...group.members, ...first.map(([user]) => user)])];
}

/** What several facts together say; each entry is told as it stands. */
export const lists = {
  openProcessorFaults: (_, { hardware }) => {
    const faults = Object.entries(hardware.cpu.vulnerabilities);
    if (faults.length === 0) return undefined;
    return faults.flatMap(([name, state]) => (/^Vulnerable/.test(state) ? [`${name}: ${state}`] : []));
  },
  restartNeeded: (_, { system }) =>
    system.rebootRequired ? ["the host says so (/run/reboot-required)"] : [],
  accessControl: ({ settings }) =>
    settings ? (settings.mandatoryAccess === "none" ? [] : [settings.mandatoryAccess]) : undefined,
  inputFilter: ({ settings }) => {
    if (!settings?.firewall) return undefined;
    return settings.firewall.state === "filters" ? settings.firewall.rules : [];
  },
  exposedDatabases: (_, facts) => openPorts(facts, databasePorts),
  plainServices: (_, facts) => openPorts(facts, plainPorts),
  dockerPort: (_, facts) => openPorts(facts, new Set([2375])),
  emptyPasswords: ({ settings }) => passwordsOf(settings, (kind) => kind === "empty"),
  weakHashes: ({ settings }) =>
    passwordsOf(settings, (kind) => !slowHashes.has(kind) && kind !== "empty" && kind !== "locked"),
  extraRoots: (_, facts) =>
    userIds(facts).flatMap(([name, id]) => (id === 0 && name !== "root" ? [name] : [])),
  rootGroupAccounts: (_, { system }) =>
    Object.entries(system.users).flatMap(([name, { group }]) =>
      group === 0 && !/^(root|sync|shutdown|halt|operator)$/.test(name) ? [name] : [],
    ),
  systemShells: (_, { system }) =>
    Object.entries(system.users).flatMap(([name, { id, shell }]) => {
      const isService = id !== null && id > 0 && id < firstPerson;
      return isService && shell !== "" && !noShell.test(shell) ? [`${name}: ${shell}`] : [];
    }),
  sameUserIds: (_, facts) => repeated(userIds(facts)),
  sameGroupIds: (_, { system }) =>
    repeated(
      Object.entries(system.groups).flatMap(([name, { id }]) => (id === null ? [] : [[name, id] as const])),
    ),
  unknownGroups: (_, { system }) => {
    const known = new Set(Object.values(system.groups).map(({ id }) => id));
    return Object.entries(system.users).flatMap(([name, { group }]) => (known.has(group) ? [] : [name]));
  },
  shadowMembers: (_, facts) => membersOf(facts, "shadow"),
  containerMembers: (_, facts) => [...membersOf(facts, "docker"), ...membersOf(facts, "lxd")],
  lockout: ({ settings }) =>
    settings ? pamLines(settings.pam, /auth .*pam_(faillock|tally2)\.so/) : undefined,
  emptyLogins: ({ settings }) =>
    settings ? pamLines(settings.pam, /auth .*pam_unix\.so.*\bnullok\b/) : undefined,
  sudoTerminal: ({ settings }) =>
    settings?.sudoers?.filter((line) => /^\s*Defaults\b.*[\s,]use_pty\b/.test(line)),
  sudoWithoutPassword: ({ settings }) =>
    settings?.sudoers?.filter((line) => /^[^#]*\bNOPASSWD\b/.test(line) && !/^\s*root\b/.test(line)),
  sudoWithoutAuthentication: ({ settings }) =>
    settings?.sudoers?.filter((line) => /^[^#]*!authenticate\b/.test(line)),
  openHomes: ({ settings }, facts) =>
    settings?.permissions &&
    people(facts).flatMap(({ name, id, home }) => {
      const found = settings.permissions?.[home];
      if (!found || home === "/") return [];
      if (found.owner !== id) return [`${home}: not of ${name}`];
      return (found.mode & 0o027) === 0 ? [] : [`${home}: ${octal(found.mode)}`];
    }),
  openLoginKeys: ({ settings }, facts) =>
    settings?.permissions &&
    [...people(facts).map(({ home }) => home), "/root"]
      .flatMap((home) => [`${home}/.ssh`, `${home}/.ssh/authorized_keys`])
      .flatMap((path) => {
        const found = settings.permissions?.[path];
        return found && (found.mode & 0o022) !== 0 ? [`${path}: ${octal(found.mode)}`] : [];
      }),
  trustFiles: ({ settings }) =>
    settings?.permissions &&
    Object.keys(settings.permissions).filter((path) => /\/\.(rhosts|netrc)$/.test(path)),
  worldWritable: ({ files }) => files?.worldWritable.map(({ path, mode }) => `${path}: ${octal(mode)}`),
  ownerless: ({ files }) => files?.ownerless.map(({ path, owner, group }) => `${path}: ${owner}:${group}`),
  strangePrivileged: ({ files, privilegedOwners }) =>
    privilegedOwners &&
    files?.privileged.flatMap(({ path, mode, owner }) =>
      Object.hasOwn(privilegedOwners, path) ? [] : [`${path}: ${octal(mode)} of ${owner}`],
    ),
  changedPrograms: ({ integrity }) =>
    integrity?.changed.flatMap(({ path, change, isConfiguration }) =>
      !isConfiguration && change === "content" ? [path] : [],
    ),
  unsignedSources: ({ settings }) => settings?.unsignedSources,
  unsignedAllowed: ({ settings }) =>
    settings &&
    Object.entries(settings.apt).flatMap(([name, value]) =>
      /^(apt::get::allowunauth|acquire::allowinsecure)/.test(name) && /^(1|true|yes)$/.test(value)
        ? [name]
        : [],
    ),
  automaticUpdates: ({ settings }, { software }) =>
    software.manager !== "dpkg"
      ? undefined
      : settings && isUpdating(settings.apt) && software.packages["unattended-upgrades"]?.installed
        ? ["unattended-upgrades"]
        : [],
  fixableFaults: ({ vulnerabilities }) =>
    vulnerabilities.outcome === "unknown"
      ? undefined
      : vulnerabilities.findings.flatMap(({ id, packages, fixed, state }) =>
          state === "fixable" ? [`${id ?? "security update"}: ${packages.join(", ")} to ${fixed}`] : [],
        ),
} satisfies Record<string, List>;

export type ListName = keyof typeof lists;

export const octal = (mode: number): string => mode.toString(8).padStart(4, "0");

function passwordsOf(
  settings: Evidence["settings"],
  wanted: (kind: string) => boolean,
): string[] | undefined {
  const passwords = settings?.passwords;
  if (!passwords) return undefined;
  return Object.entries(passwords).flatMap(([name, { kind }]) => (wanted(kind) ? [`${name}: ${kind}`] : []));
}

function people({ system }: Facts): { name: string; id: number; home: string }[] {
  return Object.entries(system.users).flatMap(([name, { id, home, shell }]) =>
    id !== null && id >= firstPerson && id < 60_000 && !noShell.test(shell) ? [{ name, id, home }] : [],
  );
}

/** Lines of the services that log somebody in, their files' names in front. */
function pamLines(lines: string[], pattern: RegExp): string[] | undefined {
  const found = lines.filter((line) => /^(common-|system-|password-|login|sshd|su)/.test(line));
  return found.length === 0 ? undefined : found.filter((line) => pattern.test(line));
}

function isUpdating(apt: Record<string, string>): boolean {
  return Number(apt["apt::periodic::unattended-upgrade"] ?? 0) > 0;
}
