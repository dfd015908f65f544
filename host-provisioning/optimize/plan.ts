import {
  heading,
  laterLines,
  type OwnRow,
  ownFiles,
  ownLines,
  ownRows,
  setterOf,
  sysctlLine,
} from "./later-files.ts";
import { isMet, type Setting, sysctlName, valueFor, valueIn } from "./settings.ts";
import type { Survey } from "./survey.ts";

/** A file that makes settings last; it is written whole, and removed when it would set nothing. */
export interface PlannedFile {
  path: string;
  mode: "0644";
  /** Null: nothing is to be set by it. */
  text: string | null;
}

/** One write into the running kernel; what is read back afterwards is compared with the plan's goals. */
export interface PlannedWrite {
  path: string;
  value: string;
  /** What was in force. */
  before: string;
}

export interface TuningPlan {
  files: PlannedFile[];
  writes: PlannedWrite[];
  /** What brings the values back that are in force now, in this order. */
  undo: { path: string; value: string }[];
  /** In force as wanted or better. */
  already: { path: string; value: string }[];
  /** The admin's own later file sets it, which wins. */
  kept: { path: string; value: string; by: string }[];
  /** The host has no such file: another kernel, driver or device. */
  missing: { path: string; value: string }[];
  /** What is to hold afterwards. */
  goals: Pick<Setting, "path" | "operator" | "value">[];
  /** Paths whose values are gone with the next start, since the host reads none of our files for them. */
  untilRestart: string[];
}

export interface PlanOptions {
  /** Paths that the settings are not about: what our files set there by now stays. Default: they are about all. */
  isOthers?: (path: string) => boolean;
}

/**
 * What has to be done so that settings hold now and after a start. Pure; the same host and settings give the same
 * plan, and one that was carried out gives one without writes and with the same files.
 */
export function planTuning(
  settings: readonly Setting[],
  survey: Survey,
  { isOthers = () => false }: PlanOptions = {},
): TuningPlan {
  const plan: TuningPlan = {
    files: [],
    writes: [],
    undo: [],
    already: [],
    kept: [],
    missing: [],
    goals: [],
    untilRestart: [],
  };
  const later = laterLines(survey.files);
  const own = ownLines(survey.files);
  const isSystemd = survey.present.has("/run/systemd/system");
  const lasting: Setting[] = [];
  const asked = new Set<string>();
  for (const setting of settings) {
    const paths = expand(setting.path, survey);
    if (paths.length === 0) plan.missing.push({ path: setting.path, value: setting.value });
    for (const path of paths) {
      asked.add(path);
      const before = survey.values.get(path) as string;
      const setter = setterOf(later, path);
      if (setter) {
        plan.kept.push({ path, value: setter.value, by: setter.file });
        continue;
      }
      const value = valueFor(setting, valueIn(before));
      plan.goals.push({ path, operator: setting.operator, value: setting.value });
      const met = isMet(setting, before);
      if (met) plan.already.push({ path, value: valueIn(before) });
      else plan.writes.push({ path, value, before: valueIn(before) });
      // A limit that the kernel meets by itself is not frozen; one that our file raised stays raised.
      if (setting.operator !== "equal" && met && !own.has(path)) continue;
      lasting.push({ ...setting, path, value });
      if (sysctlName(path) === undefined && !isSystemd) plan.untilRestart.push(path);
    }
  }
  plan.undo = plan.writes.map((write) => undoOf(write, survey)).reverse();
  const stays = ({ path }: OwnRow) => !asked.has(path) && isOthers(path);
  plan.files = filesOf(lasting, isSystemd, (kind) => ownRows(survey.files)[kind].filter(stays));
  return plan;
}

/** To write vm.dirty_ratio empties vm.dirty_bytes and the other way round, so back goes the one that was in use. */
function undoOf({ path, before }: PlannedWrite, { values }: Survey): { path: string; value: string } {
  const [, stem, unit] = /^(\/proc\/sys\/vm\/dirty_(?:background_)?)(ratio|bytes)$/.exec(path) ?? [];
  const other = `${stem}${unit === "ratio" ? "bytes" : "ratio"}`;
  const inUse = stem === undefined || before !== "0" ? undefined : values.get(other);
  return inUse === undefined ? { path, value: before } : { path: other, value: valueIn(inUse) };
}

/** Which goals do not hold, by what the files say now. Pure. */
export function unmet(
  goals: TuningPlan["goals"],
  values: ReadonlyMap<string, string>,
): { path: string; wanted: string; found: string | null }[] {
  return goals.flatMap((goal) => {
    const found = values.get(goal.path);
    if (found !== undefined && isMet(goal, found)) return [];
    return [{ path: goal.path, wanted: goal.value, found: found === undefined ? null : valueIn(found) }];
  });
}

function expand(pattern: string, { values }: Survey): string[] {
  if (!pattern.includes("*")) return values.has(pattern) ? [pattern] : [];
  const [before = "", after = ""] = pattern.split("*");
  return [...values.keys()].filter(
    (path) =>
      path.length >= before.length + after.length &&
      path.startsWith(before) &&
      path.endsWith(after) &&
      !path.slice(before.length, path.length - after.length).includes("/"),
  );
}

function filesOf(
  settings: readonly Setting[],
  isSystemd: boolean,
  staying: (kind: keyof typeof ownFiles) => OwnRow[],
): PlannedFile[] {
  const sysctls = settings.filter(({ path }) => sysctlName(path) !== undefined);
  const queues = settings.filter(({ path }) => path.startsWith("/sys/block/"));
  const others = settings.filter((setting) => !sysctls.includes(setting) && !queues.includes(setting));
  const file = (kind: keyof typeof ownFiles, lines: string[]): PlannedFile => {
    const all = [...staying(kind).map(({ text }) => text), ...lines];
    const text = all.length === 0 ? null : `${[heading, ...all].join("\n")}\n`;
    return { path: ownFiles[kind], mode: "0644", text };
  };
  const planned = [
    file(
      "sysctl",
      sysctls.flatMap(({ path, value, reason }) => [`# ${reason}`, sysctlLine(path, value) ?? ""]),
    ),
  ];
  if (!isSystemd) return planned;
  return [
    ...planned,
    file("udev", queues.map(udevRule)),
    file(
      "tmpfiles",
      others.map(({ path, value }) => `w ${path} - - - - ${value}`),
    ),
  ];
}

/** @see udev(7) */
function udevRule({ path, value }: Setting): string {
  const [, device = "", leaf = ""] = /^\/sys\/block\/([^/]+)\/(.+)$/.exec(path) ?? [];
  return `ACTION=="add|change", SUBSYSTEM=="block", KERNEL=="${device.replaceAll("!", "/")}", ATTR{${leaf}}="${value}"`;
}
