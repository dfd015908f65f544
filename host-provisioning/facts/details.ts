import { createHash } from "node:crypto";
import { type Probe, record, toNumber, toPairs } from "./probe.ts";
import type { SystemFacts } from "./system.ts";

/** What details.sh tells beyond a quick scan. What could not be asked is null or not there. */
export interface DetailFacts {
  /** By where they are mounted; network filesystems are not asked. */
  filesystems: Record<
    string,
    {
      bytes: number;
      availableBytes: number;
      /** Of what can be had without root, as df tells it; null: it has no size. */
      usedPercent: number | null;
      files: number | null;
      freeFiles: number | null;
    }
  >;
  /** Of disks and partitions, by the kernel's name. */
  devices: Record<string, Device>;
  raid: Record<string, { level: string | null; state: string; members: string[] }>;
  volumes: {
    groups: Record<string, { bytes: number | null; freeBytes: number | null }>;
    /** By `GROUP/VOLUME`. */
    logical: Record<string, { bytes: number | null; attributes: string }>;
    physical: Record<string, { group: string; bytes: number | null; freeBytes: number | null }>;
  };
  graphics: { driver: string | null; devices: Record<string, { model: string | null; uuid: string | null }> };
  secureBoot: boolean | null;
  fips: boolean | null;
  timeZone: string | null;
  iscsiName: string | null;
  nvmeName: string | null;
  /** Of a process of this login, as ulimit knows them; null: no limit. */
  limits: Record<string, { soft: number | null; hard: number | null }>;
  hostKeys: Key[];
  authorizedKeys: (Key & { user: string | null; file: string; comment: string })[];
  /** Who is logged in at a terminal. */
  logins: { user: string; line: string; since: string; from: string | null }[];
  /** Without arguments, which hold passwords. Of a script that cron's folders hold the folder's name is `when`. */
  schedule: { file: string; user: string; when: string; program: string }[];
  units: Record<string, { load: string; active: string; state: string }>;
  failedUnits: string[];
  /** IPv6 neighbours, which the files of a quick scan do not tell. */
  neighbours6: { address: string; interface: string; mac: string | null; state: string }[];
  /** Interfaces that take packets for everybody. */
  promiscuous: string[];
  /** Profiles by name: enforce, complain, kill. */
  appArmor: Record<string, string>;
  /** What other package managers have installed for the whole machine or for one person. */
  software: { manager: string; name: string; version: string | null; path: string }[];
}

export interface Key {
  type: string;
  /** As ssh-keygen -l prints it. */
  fingerprint: string;
}

interface Device {
  uuid: string | null;
  label: string | null;
  partitionUuid: string | null;
  partitionLabel: string | null;
  ids: string[];
  startBytes: number | null;
  /** What lies on it: a RAID, a volume, an encrypted device. */
  holders: string[];
}

const sectorBytes = 512;
const promiscuousFlag = 0x100;

/** What details.sh found. Pure, and total. @param users whose folders authorized_keys lie in. */
export function readDetails(probe: Probe, users: SystemFacts["users"]): DetailFacts {
  const lines = (name: string) => probe.section(name).filter((line) => line.trim() !== "");
  const units = lines("units").flatMap(unitOf);
  const boot = lines("secure-boot").join(" ").trim().split(/\s+/).at(-1);
  const fips = probe.text("/proc/sys/crypto/fips_enabled");
  return {
    filesystems: record(lines("filesystems").flatMap(filesystemOf)),
    devices: readDevices(probe),
    raid: record(readRaid(probe.lines("/proc/mdstat"))),
    volumes: readVolumes(lines("volumes")),
    graphics: readGraphics(lines("graphics")),
    secureBoot: boot === "1" || boot === "0" ? boot === "1" : null,
    fips: fips === null ? null : fips === "1",
    timeZone: /\/zoneinfo\/(.+)$/.exec(lines("zone")[0] ?? "")?.[1] ?? null,
    iscsiName: probe.pairs("/etc/iscsi/initiatorname.iscsi", "=").get("InitiatorName") ?? null,
    nvmeName: probe.text("/etc/nvme/hostnqn"),
    limits: record(probe.lines("/proc/self/limits").flatMap(limitOf)),
    hostKeys: [...probe.things(/^(\/etc\/ssh\/ssh_host_\w+_key\.pub)$/).keys()].flatMap(
      (path) => keyOf(probe.text(path) ?? "") ?? [],
    ),
    authorizedKeys: lines("keys").flatMap((line) => authorizedKeyOf(line, users)),
    logins: lines("logins").flatMap(loginOf),
    schedule: [...lines("cron").flatMap(scheduleOf), ...probe.section("paths").flatMap(folderScheduleOf)],
    units: record(units),
    failedUnits: units.flatMap(([name, { active }]) => (active === "failed" ? [name] : [])).sort(),
    neighbours6: lines("neighbours").flatMap(neighbourOf),
    promiscuous: [...probe.things(/^\/sys\/class\/net\/([^/]+)\/flags$/)].flatMap(([name, files]) =>
      (Number(files.get("")?.[0]) & promiscuousFlag) !== 0 ? [name] : [],
    ),
    appArmor: record(
      probe.lines("/sys/kernel/security/apparmor/profiles").flatMap((line) => {
        const [, name, mode] = /^(.+) \((\w+)\)$/.exec(line) ?? [];
        return name === undefined || mode === undefined ? [] : [[name, mode] as const];
      }),
    ),
    software: [...readModules(probe), ...probe.section("paths").flatMap(installedOf)],
  };
}

/** `BLOCK-SIZE BLOCKS FREE AVAILABLE FILES FREE-FILES POINT` */
function filesystemOf(line: string): [string, DetailFacts["filesystems"][string]][] {
  const [, ...words] = /^(\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\/.*)$/.exec(line) ?? [];
  const [unit = 0, blocks = 0, free = 0, available = 0, files = 0, freeFiles = 0] = words.map(Number);
  const point = words[6];
  if (point === undefined) return [];
  const used = blocks - free;
  const usable = used + available;
  return [
    [
      point,
      {
        bytes: blocks * unit,
        availableBytes: available * unit,
        usedPercent: usable > 0 ? Math.ceil((used / usable) * 100) : null,
        // Filesystems without a table of files tell 0.
        files: files > 0 ? files : null,
        freeFiles: files > 0 ? freeFiles : null,
      },
    ],
  ];
}

const fieldsOfLinks = {
  "by-uuid": "uuid",
  "by-label": "label",
  "by-partuuid": "partitionUuid",
  "by-partlabel": "partitionLabel",
} as const;

function readDevices(probe: Probe): DetailFacts["devices"] {
  const found = new Map<string, Device>();
  const device = (name: string): Device => {
    const known = found.get(name) ?? {
      ...{ uuid: null, label: null, partitionUuid: null, partitionLabel: null },
      ...{ ids: [], startBytes: null, holders: [] },
    };
    found.set(name, known);
    return known;
  };
  let folder = "";
  for (const line of probe.section("links")) {
    folder = /^\/dev\/disk\/(by-\w+):$/.exec(line)?.[1] ?? folder;
    const [, value, name] = /(\S+) -> \.\.\/\.\.\/([\w!-]+)$/.exec(line) ?? [];
    if (value === undefined || name === undefined) continue;
    if (folder === "by-id") device(name).ids.push(value);
    const field = fieldsOfLinks[folder as keyof typeof fieldsOfLinks];
    // udev writes blanks and the like as \x20.
    if (field) device(name)[field] = value.replaceAll(/\\x([0-9a-f]{2})/g, (_, hex: string) => hexText(hex));
  }
  for (const [name, files] of probe.things(/^\/sys\/class\/block\/([^/]+)\/start$/)) {
    const start = toNumber(files.get("")?.[0]?.trim());
    if (start !== null) device(name).startBytes = start * sectorBytes;
  }
  for (const path of probe.section("paths")) {
    const [, name, holder] = /^\/sys\/class\/block\/([^/]+)\/holders\/([^/]+)$/.exec(path) ?? [];
    if (name !== undefined && holder !== undefined) device(name).holders.push(holder);
  }
  return record(found);
}

function hexText(hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16));
}

/** @see https://docs.kernel.org/admin-guide/md.html: `md0 : active raid1 sdb1[1] sda1[0](F)` */
function readRaid(lines: string[]): [string, DetailFacts["raid"][string]][] {
  return lines.flatMap((line) => {
    const [, name, state, rest = ""] = /^(md\S*) : (\S+)(?: \([\w-]+\))?(.*)$/.exec(line) ?? [];
    if (name === undefined || state === undefined) return [];
    const words = rest.trim().split(/\s+/).filter(Boolean);
    const members = words.filter((word) => /\[\d+\]/.test(word));
    return [
      [name, { level: words.find((word) => !members.includes(word)) ?? null, state, members }] as const,
    ];
  }) as [string, DetailFacts["raid"][string]][];
}

function readVolumes(lines: string[]): DetailFacts["volumes"] {
  const rows = lines.map((line) => line.split("|").map((word) => word.trim()));
  const of = (kind: string) => rows.filter(([first]) => first === kind).map(([, ...rest]) => rest);
  return {
    groups: record(
      of("group").map(([name = "", size, free]) => [
        name,
        { bytes: toNumber(size), freeBytes: toNumber(free) },
      ]),
    ),
    logical: record(
      of("logical").map(([group, name, size, attributes = ""]) => [
        `${group}/${name}`,
        { bytes: toNumber(size), attributes },
      ]),
    ),
    physical: record(
      of("physical").map(([name = "", group = "", size, free]) => [
        name,
        { group, bytes: toNumber(size), freeBytes: toNumber(free) },
      ]),
    ),
  };
}

/** The address of a card holds colons. */
function readGraphics(lines: string[]): DetailFacts["graphics"] {
  const cards = new Map<string, string[]>();
  for (const line of lines) {
    const [, address, text] =
      /^\/proc\/driver\/nvidia\/gpus\/([0-9a-f:.]+)\/information:(.*)$/i.exec(line) ?? [];
    if (address === undefined || text === undefined) continue;
    cards.set(address, [...(cards.get(address) ?? []), text]);
  }
  const version = lines.find((line) => line.includes("NVRM version:"));
  return {
    driver: /Kernel Module(?: for \S+)? +(\S+)/.exec(version ?? "")?.[1] ?? null,
    devices: record(
      [...cards].map(([address, all]) => {
        const told = toPairs(all, ":");
        return [address, { model: told.get("Model") ?? null, uuid: told.get("GPU UUID") ?? null }];
      }),
    ),
  };
}

/** `Max open files            1024                 1048576              files` */
function limitOf(line: string): [string, DetailFacts["limits"][string]][] {
  const [, name, soft, hard] = /^Max (\S.*?) {2,}(\S+) +(\S+)/.exec(line) ?? [];
  return name === undefined ? [] : [[name, { soft: toNumber(soft), hard: toNumber(hard) }]];
}

function keyOf(text: string): Key | undefined {
  const [type, body] = text.split(" ");
  if (!type || !body || !/^[A-Za-z0-9+/]+=*$/.test(body)) return undefined;
  const digest = createHash("sha256").update(Buffer.from(body, "base64")).digest("base64");
  return { type, fingerprint: `SHA256:${digest.replace(/=+$/, "")}` };
}

function authorizedKeyOf(line: string, users: SystemFacts["users"]): DetailFacts["authorizedKeys"] {
  const [, file, home, text] = /^((\/.*)\/\.ssh\/authorized_keys2?):(.*)$/.exec(line) ?? [];
  const key = keyOf(text ?? "");
  if (file === undefined || text === undefined || !key) return [];
  const user = Object.entries(users).find(([, one]) => one.home.replace(/\/$/, "") === home)?.[0] ?? null;
  return [{ ...key, user, file, comment: text.split(" ").slice(2).join(" ").trim() }];
}

/** `ada pts/0 2027-01-15 08:00 (192.0.2.7)` */
function loginOf(line: string): DetailFacts["logins"] {
  const [, user, terminal, since, from] =
    /^(\S+)\s+(\S+)\s+(\d{4}-\d\d-\d\d \d\d:\d\d)(?:\s+\((.*)\))?/.exec(line) ?? [];
  if (user === undefined || terminal === undefined || since === undefined) return [];
  return [{ user, line: terminal, since, from: from ?? null }];
}

function scheduleOf(line: string): DetailFacts["schedule"] {
  const [file, user, when, program] = line.split("|");
  return file && user && when && program ? [{ file, user, when, program }] : [];
}

function folderScheduleOf(path: string): DetailFacts["schedule"] {
  const [, when] = /^\/etc\/cron\.(hourly|daily|weekly|monthly)\/[^/]+$/.exec(path) ?? [];
  return when === undefined ? [] : [{ file: path, user: "root", when: `@${when}`, program: path }];
}

/** `UNIT LOAD ACTIVE SUB DESCRIPTION` */
function unitOf(line: string): [string, DetailFacts["units"][string]][] {
  const [name, load, active, state] = line.trim().split(/\s+/);
  return name?.includes(".") && load && active && state ? [[name, { load, active, state }]] : [];
}

/** `fe80::1 dev eth0 lladdr 52:54:00:00:00:01 router REACHABLE` */
function neighbourOf(line: string): DetailFacts["neighbours6"] {
  const [, address, name, rest = ""] = /^([0-9a-f:]+) dev (\S+) ?(.*)$/.exec(line.trim()) ?? [];
  if (address === undefined || name === undefined) return [];
  const state = rest.trim().split(" ").at(-1) || "NONE";
  return [{ address, interface: name, mac: /lladdr (\S+)/.exec(rest)?.[1] ?? null, state }];
}

function readModules(probe: Probe): DetailFacts["software"] {
  return [...probe.things(/^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\/package\.json$/)].map(
    ([path, files]) => ({
      manager: "npm",
      name: path.slice(path.lastIndexOf("/node_modules/") + "/node_modules/".length),
      version: /"version": *"([^"]*)"/.exec(files.get("")?.[0] ?? "")?.[1] ?? null,
      path,
    }),
  );
}

const installed: [manager: string, path: RegExp][] = [
  ["pip", /\/([^/]+?)-([^/-]+)\.dist-info$/],
  ["gem", /\/specifications\/([^/]+)-([^/-]+)\.gemspec$/],
  ["snap", /^\/var\/lib\/snapd\/snaps\/([^/]+)_([^/_]+)\.snap$/],
  ["flatpak", /^\/var\/lib\/flatpak\/app\/([^/]+)()$/],
];

function installedOf(path: string): DetailFacts["software"] {
  for (const [manager, pattern] of installed) {
    const [, name, version] = pattern.exec(path) ?? [];
    if (name !== undefined) return [{ manager, name, version: version || null, path }];
  }
  return [];
}
