import { readFileSync } from "node:fs";
import { aptArguments, reinstallSteps } from "../reinstall/index.ts";
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
  /** Packages that become as packaged, with their configuration. */
  reinstalls: { name: string; version: string }[];
  users: { name: string; home: string }[];
  hasNewMachineId: boolean;
  /** Private keys that new ones take the place of. */
  hostKeys: string[];
}

/** Names of a folder that stand in one step. */
const namesPerStep = 500;

/** What a reset does, as a draft of an action. Pure. */
export function draftReset(work: Work): Draft {
  const again = work.reinstalls.length > 0 ? reinstallSteps(aptWords(work.reinstalls)) : emptyDraft;
  return {
    ...emptyDraft,
    prepare: again.prepare,
    units: work.units,
    steps: stepsOf(work, again.steps),
    goals: [
      ...(work.packages.length > 0 ? [["goal_gone", ...work.packages] as const] : []),
      ...work.deletes.map((path) => ["goal_absent", path] as const),
      ...work.users.map(({ name }) => ["goal_no_user", name] as const),
    ],
    refresh: work.hostKeys.length > 0 ? [sshServer] : [],
    functions: `${again.functions}\n${functions}`,
  };
}

/** Whether it could change how the machine is reached or starts, beyond what its packages say. Pure. */
export function changesSettings({ deletes, reinstalls }: Work): boolean {
  return reinstalls.length > 0 || deletes.some((path) => path.startsWith("/etc/"));
}

/** Takes its keys up; connections that are open stay. */
const sshServer = { how: "reload", unit: "ssh.service" } as const;

function aptWords(packages: Work["reinstalls"]): string[] {
  return aptArguments({ packages, configuration: "fresh" });
}

function stepsOf(work: Work, again: Step[]): Step[] {
  const { packages, deletes, empties, templates, users, hasNewMachineId, hostKeys } = work;
  const purge: Step[] = packages.length > 0 ? [["purge_packages", ...packages]] : [];
  // What is further in goes first, so that a folder is empty when its turn comes.
  const byFolder = Map.groupBy(deletes.toSorted().toReversed(), folderOf);
  const inner = [...byFolder].sort(([a], [b]) => depth(b) - depth(a));
  const removals = inner.flatMap(([folder, paths]) =>
    chunks(paths.map(nameOf)).map((names): Step => ["delete_in", folder, ...names]),
  );
  return [
    ...purge,
    ...again,
    ...removals,
    ...empties.map((path): Step => ["empty_file", folderOf(path), nameOf(path)]),
    ...templates.map(({ path, template }): Step => ["from_template", template, folderOf(path), nameOf(path)]),
    ...users.map(({ name, home }): Step => ["remove_user", name, home]),
    ...(hasNewMachineId ? [["renew_machine_id"] as const] : []),
    ...(hostKeys.length > 0
      ? ([
          ["renew_host_keys", ...hostKeys],
          ["refresh_unit", sshServer.how, sshServer.unit],
        ] as const)
      : []),
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
