import { readFileSync } from "node:fs";

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");
const record = read("record.sh");
const restore = read("restore.sh");
const recover = read("recover.sh");
const act = read("act.sh");
const rehearse = read("rehearse.sh");

/** A call of one of the action's own functions, such as `["purge_packages", "nginx"]`. */
export type Step = readonly [name: string, ...values: string[]];

/** Verbs that only read, which are said in the script where its shell is started without words. */
type Verb = "rehearse" | "verify" | "status";

/** What an action does to one host. Every path is absolute and canonical. */
export interface Action {
  /** Name of its undo record: letters, digits and underscores. */
  id: string;
  /** SHA-256 that its rehearsal gave of what it builds on; empty for the rehearsal itself. */
  expected: string;
  /** Paths that it may touch: of each the content, mode, owner, times and attributes are kept. */
  scope: string[];
  /** Folders of which everything below is kept as well, whatever is there by then. */
  trees: string[];
  /** Units that are stopped before anything is kept, so that what they write at their end is kept too. */
  units: string[];
  steps: Step[];
  /** Checked once the steps are done; one that does not hold takes everything back. */
  goals: Step[];
  /** Undone by the host itself unless confirmed within so many seconds; 0: stands at once. */
  confirmSeconds: number;
  /** Text of the shell functions that steps and goals call. */
  functions: string;
}

/** One word of the shell that is this text and nothing else. @throws when it holds NUL, which no word can. */
export function quote(text: string): string {
  if (text.includes("\0")) throw new Error("A text with NUL cannot be a word of a shell.");
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * The whole script of an action, for the standard input of `sh -s VERB`: it needs nothing that is not in it.
 * @param verb instead of those words.
 * Verbs: apply, rehearse, verify, confirm, status, rollback [stop|keep|replace].
 */
export function actionScript(action: Action, verb?: Verb): string {
  checkId(action.id);
  const steps = define("plan_steps", action.steps.map(numbered));
  const assignments = [
    `undo_id=${quote(action.id)}`,
    `expected=${quote(action.expected)}`,
    `confirm_seconds=${quote(String(action.confirmSeconds))}`,
    `recovery=${quote(recoveryScript())}`,
    `rehearsal=${quote(["set -eu", record, action.functions, steps, rehearse].join("\n"))}`,
  ];
  const scope = [
    ...action.scope.map((path) => call(["in_scope", path])),
    ...action.trees.map((path) => call(["tree_in_scope", path])),
  ];
  const plan = [
    define("plan_scope", scope),
    define(
      "plan_units",
      action.units.map((unit) => call(["stop_unit", unit])),
    ),
    steps,
    define(
      "plan_goals",
      action.goals.map((goal) => `${call(goal)} || return 1`),
    ),
  ];
  const words = verb === undefined ? [] : [`set -- ${verb}`];
  return ["set -eu", ...words, ...assignments, record, restore, action.functions, ...plan, act, start].join(
    "\n",
  );
}

/** The script of verbs that need a record only: confirm, status, rollback [stop|keep|replace]. */
export function undoScript(id: string): string {
  return actionScript({
    id,
    expected: "",
    scope: [],
    trees: [],
    units: [],
    steps: [],
    goals: [],
    confirmSeconds: 0,
    functions: "",
  });
}

/** Nothing runs before the last line has come: a script that is cut off on its way does nothing. */
const start = 'main "$@" </dev/null\n';

function recoveryScript(): string {
  return ["#!/bin/sh", "set -eu", record, restore, recover, start].join("\n");
}

function numbered(step: Step): string {
  return `${call(["step", ...step])} || return 1`;
}

function call([name, ...values]: Step): string {
  if (!/^[a-z_]+$/.test(name)) throw new Error(`${name} is no name of a step.`);
  return [name, ...values.map(quote)].join(" ");
}

function define(name: string, lines: string[]): string {
  return [`${name}() {`, ...lines.map((line) => `  ${line}`), "  :", "}"].join("\n");
}

function checkId(id: string): void {
  if (!/^[A-Za-z0-9_]{1,64}$/.test(id))
    throw new Error("A record's name is 1 to 64 letters, digits or underscores.");
}
