import type { Probe } from "../facts/probe.ts";

export interface FoundFile {
  path: string;
  /** With the bits for setuid, setgid and sticky. */
  mode: number;
  owner: string;
  group: string;
}

export interface FileFacts {
  /** Programs that run with rights of their owner or group, whoever starts them. */
  privileged: FoundFile[];
  /** Files that everybody may write, and folders where everybody may replace what others have. */
  worldWritable: FoundFile[];
  /** Of an owner or group that has no name. */
  ownerless: FoundFile[];
  /** Mount points that were searched. */
  searched: string[];
  /** Those that were not: file systems of the network and images that cannot be changed. */
  skipped: string[];
  /** More was there than is read of one host. */
  cut: boolean;
}

const listed = 1000;
/** files.sh ends its list there. */
const mostBytes = 4_000_000;

/** What files.sh said. Pure. @returns a reason where nothing was searched. */
export function readFiles(probe: Probe): FileFacts | string {
  if (probe.section("missing").includes("find")) return "The host has no find.";
  const mounts = probe.section("mounts").map((line) => line.split(" "));
  const points = (verb: string) => [
    ...new Set(mounts.flatMap(([word, ...rest]) => (word === verb ? [rest.join(" ")] : []))),
  ];
  const text = probe.section("found").join("\n");
  const found = new Map<string, ReturnType<typeof fileOf>>();
  for (const line of text.split(text.includes("\0") ? "\0" : "\n")) {
    const file = fileOf(line);
    if (file) found.set(file.path, file);
  }
  const files = [...found.values()].flatMap((file) => file ?? []);
  const pick = (wanted: (file: (typeof files)[number]) => boolean): FoundFile[] =>
    files
      .filter(wanted)
      .slice(0, listed)
      .map(({ path, mode, owner, group }) => ({ path, mode, owner, group }));
  return {
    privileged: pick(({ isFolder, mode }) => !isFolder && (mode & 0o6000) !== 0),
    worldWritable: pick(({ isFolder, mode }) => (mode & 0o002) !== 0 && !(isFolder && (mode & 0o1000) !== 0)),
    ownerless: pick(({ isOwnerless }) => isOwnerless),
    searched: points("search"),
    skipped: points("skip"),
    cut: text.length >= mostBytes || files.length > listed,
  };
}

function fileOf(line: string) {
  const [, kind = "", uid, gid, owner = "", group = "", path] =
    /^\n?([fd]:\d+|x[0-9a-f]+):(\d+):(\d+):([^:]*):([^:]*):(\/.*)$/s.exec(line) ?? [];
  if (path === undefined) return undefined;
  const raw = kind.startsWith("x") ? Number.parseInt(kind.slice(1), 16) : undefined;
  return {
    path,
    mode: raw === undefined ? Number.parseInt(kind.slice(2), 8) : raw & 0o7777,
    isFolder: raw === undefined ? kind.startsWith("d") : (raw & 0o170000) === 0o040000,
    owner,
    group,
    // find prints the number where there is no name; stat of busybox says so in words.
    isOwnerless: owner === uid || group === gid || owner === "UNKNOWN" || group === "UNKNOWN",
  };
}
