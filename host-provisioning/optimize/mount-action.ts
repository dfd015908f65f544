import { readFileSync } from "node:fs";
import type { Facts } from "../facts/index.ts";
import { type Draft, emptyDraft, type Step } from "../undo/index.ts";
import { editFstab, type MountJudgement } from "./mounts.ts";

const functions = readFileSync(new URL("./mounts.sh", import.meta.url), "utf8");

type Mounts = Facts["system"]["mounts"];

/** What a running mount is told so that an option no longer holds, since leaving it out keeps it. */
const opposites: Record<string, string> = {
  discard: "nodiscard",
  nobarrier: "barrier",
  "barrier=0": "barrier=1",
};

/**
 * What carries judged mount options and trim out: the checked table, then what is mounted, which is asked afterwards.
 * Pure. Empty when nothing is to be changed.
 * @param mounts what is mounted now, which the way back mounts again.
 * @param table text of /etc/fstab.
 */
export function draftMounts(judgements: readonly MountJudgement[], mounts: Mounts, table: string): Draft {
  const changed = judgements.filter(({ add, remove }) => add.length > 0 || remove.length > 0);
  const points = [...new Set(changed.map(({ mount }) => mount))].filter((point) => !/[\n ]$|\n/.test(point));
  const units = [...new Set(judgements.flatMap(({ unit }) => unit ?? []))];
  const trimmed = judgements.flatMap(({ mount, wish, unit }) => (wish === "trim" && unit ? [mount] : []));
  const text = editFstab(table, changed);
  const remounts = points.map((point) => {
    const own = changed.filter(({ mount }) => mount === point);
    const add = own.flatMap((judgement) => judgement.add);
    const remove = own.flatMap((judgement) => judgement.remove).filter((option) => option in opposites);
    return { point, add, remove, ...wordsOf(add, remove, mounts[point]?.options ?? []) };
  });
  if (remounts.length === 0 && text === undefined && units.length === 0) return emptyDraft;
  return {
    ...emptyDraft,
    functions,
    steps: [
      ...(text === undefined ? [] : [["write_fstab", text] as const]),
      ...remounts.map(({ point, words }): Step => ["remount", point, words]),
      ...units.map((unit): Step => ["enable_unit", unit]),
      // Last: what was told to a disk is not taken back.
      ...trimmed.map((point): Step => ["trim", point]),
    ],
    goals: [
      ...(text === undefined ? [] : [["goal_text", "/etc/fstab", text] as const]),
      ...remounts.flatMap(({ point, add, remove }) => [
        ...add.map((option): Step => ["goal_mounted", point, option, "is"]),
        ...remove.map((option): Step => ["goal_mounted", point, option, "not"]),
      ]),
      ...units.map((unit): Step => ["goal_unit", unit, "enabled"]),
    ],
    refresh: [
      ...remounts.map(({ point, wordsBack }) => ({ how: "remount" as const, unit: `${point} ${wordsBack}` })),
      ...units.map((unit) => ({ how: "stop" as const, unit })),
    ],
  };
}

function wordsOf(add: string[], remove: string[], before: string[]): { words: string; wordsBack: string } {
  // The kernel shows no word for it when each access is written.
  const times = before.find((option) => /^(no|rel|lazy)atime$/.test(option)) ?? "strictatime";
  const words = [...add, ...remove.map((option) => opposites[option] ?? "")];
  const wordsBack = [...(add.includes("noatime") ? [times] : []), ...remove];
  return { words: words.join(",") || "rw", wordsBack: wordsBack.join(",") || "rw" };
}

/** Both, one after the other. Pure. */
export function bothDrafts(first: Draft, second: Draft): Draft {
  return {
    prepare: [...first.prepare, ...second.prepare],
    steps: [...first.steps, ...second.steps],
    goals: [...first.goals, ...second.goals],
    units: [...first.units, ...second.units],
    live: [...first.live, ...second.live],
    refresh: [...first.refresh, ...second.refresh],
    functions: [first.functions, second.functions].filter((text) => text !== "").join("\n"),
  };
}
