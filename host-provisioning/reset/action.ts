import { readFileSync } from "node:fs";
import { type Draft, emptyDraft, type Step } from "../undo/index.ts";

const functions = readFileSync(new URL("steps.sh", import.meta.url), "utf8");

/** What a reset does, by name and path: packages go first, and with them whatever their own scripts take away. */
export interface Work {
  packages: string[];
  units: string[];
  /** Files, links and empty folders. */
  deletes: string[];
  /** Logs that somebody may have open. */
  empties: string[];
  /** Settings files that become as a new user has them. */
  templates: { path: string; template: string }[];
}

/** Names of a folder that stand in one step. */
const namesPerStep = 500;

/** What a reset does, as a draft of an action. Pure. */
export function draftReset(work: Work): Draft {
  return {
    ...emptyDraft,
    units: work.units,
    steps: stepsOf(work),
    goals: [
      ...(work.packages.length > 0 ? [["goal_gone", ...work.packages] as const] : []),
      ...work.deletes.map((path) => ["goal_absent", path] as const),
    ],
    functions,
  };
}

function stepsOf({ packages, deletes, empties, templates }: Work): Step[] {
  const purge: Step[] = packages.length > 0 ? [["purge_packages", ...packages]] : [];
  // What is further in goes first, so that a folder is empty when its turn comes.
  const byFolder = Map.groupBy(deletes.toSorted().toReversed(), folderOf);
  const inner = [...byFolder].sort(([a], [b]) => depth(b) - depth(a));
  const removals = inner.flatMap(([folder, paths]) =>
    chunks(paths.map(nameOf)).map((names): Step => ["delete_in", folder, ...names]),
  );
  return [
    ...purge,
    ...removals,
    ...empties.map((path): Step => ["empty_file", folderOf(path), nameOf(path)]),
    ...templates.map(({ path, template }): Step => ["from_template", template, folderOf(path), nameOf(path)]),
  ];
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function depth(path: string): number {
  return path.split("/").length;
}

function chunks(names: string[]): string[][] {
  const groups: string[][] = [];
  for (let at = 0; at < names.length; at += namesPerStep) groups.push(names.slice(at, at + namesPerStep));
  return groups;
}
