import type { Facts } from "../facts/index.ts";
import { diskOfDevice, disksBelow } from "./disks.ts";
import { hostKind } from "./host-kind.ts";
import type { Verdict } from "./judgement.ts";
import { sources } from "./sources.ts";
import type { Survey } from "./survey.ts";

/** What becomes of one wish about a mounted filesystem. */
export interface MountJudgement {
  mount: string;
  wish: "noatime" | "discard" | "trim" | "barrier";
  verdict: Verdict;
  /** Options to add to and take from its line in /etc/fstab; none when refused. */
  add: string[];
  remove: string[];
  /** Timer that is enabled instead, beside what it does being done now; null: none. */
  unit: string | null;
  reason: string;
  source: string;
}

/** Filesystems on disks; others have no blocks to trim and no access times to write. */
const onDisk = new Set(["ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs"]);
/** Programs that look at access times. */
const readsAccessTimes = /^(tmpreaper|tmpwatch|mutt|neomutt|popularity-contest)$/;

/** Mount options and trim, judged for each filesystem of fstab by the disk below it. Pure. */
export function judgeMounts(facts: Facts, survey: Survey): MountJudgement[] {
  if (hostKind(facts) === "container") return [];
  const inTable = new Set(fstabMounts(survey.files.get("/etc/fstab") ?? ""));
  return Object.entries(facts.system.mounts)
    .filter(([point, { type }]) => onDisk.has(type) && inTable.has(point))
    .flatMap(([point, mount]) => [
      accessTimes(point, mount.options, facts),
      trim(point, mount, facts, survey),
      ...barriers(point, mount.options),
    ]);
}

function accessTimes(mount: string, options: string[], facts: Facts): MountJudgement {
  const wish = "noatime" as const;
  if (options.includes("noatime"))
    return verdict(mount, wish, "applied", "No access times are written there already.", sources.mount);
  const reader = Object.values(facts.software.packages).find(
    ({ name, installed }) => installed && readsAccessTimes.test(name),
  );
  if (reader)
    return verdict(
      mount,
      wish,
      "refused",
      `${reader.name} is installed, which looks at access times.`,
      sources.mount,
    );
  const reason = "Reading a file writes nothing; relatime still writes once a day.";
  const remove = options.filter((option) => option === "relatime" || option === "strictatime");
  return { ...verdict(mount, wish, "applied", reason, sources.mount), add: ["noatime"], remove };
}

/** Blocks that hold nothing are told to the disk now and once a week: at each deletion it would make others wait. */
function trim(
  mount: string,
  { device, options }: Facts["system"]["mounts"][string],
  facts: Facts,
  { present }: Survey,
): MountJudgement {
  const wish = "trim" as const;
  if (options.includes("ro"))
    return verdict(mount, wish, "refused", "It is read only: no block of it becomes free.", sources.fstrim);
  const found = diskOfDevice(facts, device, disksBelow(facts));
  if (!found) {
    const reason = `What disk ${device} lies on is not seen, behind layers such as encryption, where trim tells which blocks are in use.`;
    return verdict(mount, wish, "refused", reason, sources.fstrim);
  }
  const [name, disk] = found;
  if (disk.discards !== true)
    return verdict(mount, wish, "refused", `${name} takes no discards.`, sources.fstrim);
  const remove = options.filter((option) => option === "discard");
  const enabled = [...present].some((path) => path.endsWith("timers.target.wants/fstrim.timer"));
  const offered = [...present].some((path) => path.endsWith("/system/fstrim.timer"));
  if (enabled && remove.length === 0)
    return verdict(mount, wish, "applied", "fstrim.timer trims it once a week already.", sources.fstrim);
  if (!enabled && !offered)
    return verdict(mount, wish, "refused", "There is no fstrim.timer on this host.", sources.fstrim);
  const reason =
    remove.length > 0
      ? `${name} is trimmed once a week instead of at each deletion, for which others would wait.`
      : `${name} takes discards, and is trimmed now and once a week.`;
  const change = verdict(mount, wish, remove.length > 0 ? "replaced" : "applied", reason, sources.fstrim);
  return { ...change, remove, unit: enabled ? null : "fstrim.timer" };
}

/** Asked for in many guides; what is set is reported, never set by us. */
function barriers(mount: string, options: string[]): MountJudgement[] {
  const off = options.filter((option) => /^(nobarrier|barrier=0)$/.test(option));
  if (off.length === 0) return [];
  const reason = "Without barriers a power cut destroys the filesystem, not just the last writes.";
  return [{ ...verdict(mount, "barrier", "replaced", reason, sources.mount), remove: off }];
}

function verdict(
  mount: string,
  wish: MountJudgement["wish"],
  is: Verdict,
  reason: string,
  source: string,
): MountJudgement {
  return { mount, wish, verdict: is, add: [], remove: [], unit: null, reason, source };
}

function fstabMounts(table: string): string[] {
  return table.split("\n").flatMap((line) => {
    const [device = "#", point] = line.trim().split(/\s+/);
    return device.startsWith("#") || point === undefined ? [] : [plain(point)];
  });
}

/**
 * The table with the judged options; every other byte stays as it is.
 * @returns undefined when nothing changes.
 */
export function editFstab(table: string, judgements: readonly MountJudgement[]): string | undefined {
  const lines = table.split("\n").map((line) => {
    const columns = /^(\s*[^#\s]\S*\s+)(\S+)(\s+\S+\s+)(\S+)(.*)$/s.exec(line);
    if (!columns) return line;
    const [, device, point = "", type, options = "", rest] = columns;
    const own = judgements.filter(({ mount }) => mount === plain(point));
    const remove = new Set(own.flatMap((judgement) => judgement.remove));
    const kept = options.split(",").filter((option) => !remove.has(option) && option !== "defaults");
    const added = own.flatMap(({ add }) => add).filter((option) => !kept.includes(option));
    if (added.length === 0 && !options.split(",").some((option) => remove.has(option))) return line;
    const base = options.split(",").includes("defaults") ? ["defaults"] : [];
    const all = [...base, ...kept, ...added];
    return `${device}${point}${type}${all.length > 0 ? all.join(",") : "defaults"}${rest}`;
  });
  const text = lines.join("\n");
  return text === table ? undefined : text;
}

/** Blanks stand as three octal digits. */
function plain(point: string): string {
  return point.replaceAll(/\\([0-3][0-7]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
