import { readFileSync } from "node:fs";
import { type Action, actionOf, emptyDraft, type Step } from "./action.ts";

export { type Action, actionOf, type Draft, emptyDraft, type Refresh, type Step } from "./action.ts";
export { type Change, freedBytes, type Rehearsal, readRehearsal } from "./rehearsal.ts";
export { isRisky } from "./risk.ts";

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");
const record = read("record.sh");
const steps = read("steps.sh");
const watch = read("watch.sh");
const merge = read("merge.sh");
const restore = read("restore.sh");
const recover = read("recover.sh");
const act = read("act.sh");
const rehearse = read("rehearse.sh");

/** Verbs that only read, which are said in the script where its shell is started without words. */
type Verb = "rehearse" | "verify" | "status";

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
  const planned = define("plan_steps", action.steps.map(numbered));
  const assignments = [
    `undo_id=${quote(action.id)}`,
    `expected=${quote(action.expected)}`,
    `confirm_seconds=${quote(String(action.confirmSeconds))}`,
    `steps_planned=${quote(String(action.steps.length))}`,
    `recovery=${quote(recoveryScript())}`,
    `rehearsal=${quote(["set -eu", record, steps, action.functions, planned, rehearse].join("\n"))}`,
  ];
  const scope = [
    ...action.scope.map((path) => call(["in_scope", path])),
    ...action.trees.map((path) => call(["tree_in_scope", path])),
    ...action.live.map(({ path, before }) => call(["live_in_scope", path, before])),
    ...action.refresh.map(({ how, unit }) => call(["refresh_in_scope", how, unit])),
  ];
  const plan = [
    define(
      "plan_prepare",
      action.prepare.map((step) => `${call(step)} || return 1`),
    ),
    define("plan_scope", scope),
    define(
      "plan_units",
      action.units.map((unit) => call(["stop_unit", unit])),
    ),
    planned,
    define(
      "plan_goals",
      action.goals.map((goal) => `${call(goal)} || return 1`),
    ),
  ];
  const words = verb === undefined ? [] : [`set -- ${verb}`];
  const parts = [record, steps, watch, merge, restore, action.functions, ...plan, act, start];
  return ["set -eu", ...words, ...assignments, ...parts].join("\n");
}

/** The script of verbs that need a record only: confirm, status, rollback [stop|keep|replace]. */
export function undoScript(id: string): string {
  return actionScript(actionOf(id, emptyDraft));
}

/** Nothing runs before the last line has come: a script that is cut off on its way does nothing. */
const start = 'main "$@" </dev/null\n';

function recoveryScript(): string {
  return ["#!/bin/sh", "set -eu", record, steps, watch, merge, restore, recover, start].join("\n");
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
