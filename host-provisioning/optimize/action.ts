import { type Draft, emptyDraft, type Step } from "../undo/index.ts";
import type { TuningPlan } from "./plan.ts";

/** What carries a tuning plan out: files first, then the running kernel, which is asked afterwards. Pure. */
export function draftTuning({ files, writes, undo, goals }: TuningPlan): Draft {
  return {
    ...emptyDraft,
    steps: [
      ...files.map(
        ({ path, mode, text }): Step =>
          text === null ? ["remove_file", ...split(path)] : ["write_file", ...split(path), mode, text],
      ),
      ...writes.map(({ path, value }): Step => ["set_live", path, value]),
    ],
    goals: [
      ...files.flatMap(({ path, text }): Step[] => (text === null ? [] : [["goal_text", path, text]])),
      ...goals.map(({ path, operator, value }): Step => ["goal_live", path, operator, value]),
    ],
    live: undo.map(({ path, value }) => ({ path, before: value })),
  };
}

function split(path: string): [folder: string, name: string] {
  const at = path.lastIndexOf("/");
  return [path.slice(0, at), path.slice(at + 1)];
}
