import type { Rehearsal } from "./rehearsal.ts";

/** A call of one of the action's own functions, such as `["purge_packages", "nginx"]`. */
export type Step = readonly [name: string, ...values: string[]];

/** What an action is about to do, before anybody knows which paths that touches. */
export interface Draft {
  /** Done on the host before the rehearsal, and only there: what it needs, into memory. Steps do it again later. */
  prepare: Step[];
  /** Done on a copy by the rehearsal, and then on the host. */
  steps: Step[];
  /** Checked once the steps are done; one that does not hold takes everything back. */
  goals: Step[];
  /** Units that are stopped before anything is kept, so that what they write at their end is kept too. */
  units: string[];
  /** Files under /proc/sys and /sys with what they say now; put back in this order. */
  live: { path: string; before: string }[];
  /** What has to read its configuration again once files were put back. Steps of their own do that on the way there. */
  refresh: Refresh[];
  /** Text of the shell functions that steps and goals call, beside those of steps.sh. */
  functions: string;
}

/**
 * How a unit takes new files up; `reexec` is the system manager itself, which has no unit. On a way back only: `stop`
 * for one that was started, and `remount` for the options before of what is mounted.
 */
export interface Refresh {
  how: "reload" | "restart" | "reexec" | "stop" | "remount";
  /** Of `remount` the mount point, a blank and the options. */
  unit: string;
}

/** What an action does to one host. Every path is absolute and canonical. */
export interface Action extends Draft {
  /** Name of its undo record: letters, digits and underscores. */
  id: string;
  /** SHA-256 that its rehearsal gave of what it builds on; empty for the rehearsal itself. */
  expected: string;
  /** Paths that it may touch: of each the content, mode, owner, times and attributes are kept. */
  scope: string[];
  /** Folders of which everything below is kept as well, whatever is there by then. */
  trees: string[];
  /** Undone by the host itself unless confirmed within so many seconds; 0: stands at once. */
  confirmSeconds: number;
}

/** Does nothing. */
export const emptyDraft: Draft = {
  prepare: [],
  steps: [],
  goals: [],
  units: [],
  live: [],
  refresh: [],
  functions: "",
};

/** Of which everything is kept, whatever an action changes: settings, and what is known of packages. */
const alwaysKept = ["/etc", "/var/lib/dpkg"];

/**
 * The action of a draft. Pure.
 * @param rehearsal what it would change; absent: the action that finds that out.
 */
export function actionOf(
  id: string,
  draft: Draft,
  rehearsal?: Rehearsal,
  { confirmSeconds = 0 }: { confirmSeconds?: number } = {},
): Action {
  const changes = rehearsal?.changes ?? [];
  const folders = changes.filter(({ kind, type }) => kind === "removed" && type === "d");
  return {
    ...draft,
    id,
    expected: rehearsal?.expected ?? "",
    scope: changes.map(({ path }) => path),
    trees: [...alwaysKept, ...outermost(folders.map(({ path }) => path))],
    confirmSeconds,
  };
}

/** Those that lie in no other of the list. Pure. */
function outermost(paths: string[]): string[] {
  const kept: string[] = [];
  // A folder stands directly before what it holds once every name ends with a slash.
  for (const path of paths.map((each) => `${each}/`).sort()) {
    const last = kept.at(-1);
    if (last === undefined || !path.startsWith(last)) kept.push(path);
  }
  return kept.map((path) => path.slice(0, -1));
}
