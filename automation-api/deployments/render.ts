import { secretSignature, signatureKey, unknownValue } from "../engine-marks.ts";

/** What one kind of step is called: its mark, while it runs, when it is done, and in a plan. */
interface Wording {
  mark: string;
  doing: string;
  done: string;
  plan: string;
}

const same: Wording = { mark: "  ", doing: "", done: "unchanged", plan: "unchanged" };

/** Pulumi's steps in its own words. */
const wordings: Record<string, Wording> = {
  same,
  create: { mark: "+ ", doing: "creating", done: "created", plan: "create" },
  update: { mark: "~ ", doing: "updating", done: "updated", plan: "update" },
  delete: { mark: "- ", doing: "deleting", done: "deleted", plan: "delete" },
  replace: { mark: "+-", doing: "replacing", done: "replaced", plan: "replace" },
  "create-replacement": {
    mark: "++",
    doing: "creating replacement",
    done: "created replacement",
    plan: "create replacement",
  },
  "delete-replaced": {
    mark: "--",
    doing: "deleting original",
    done: "deleted original",
    plan: "delete original",
  },
  read: { mark: "> ", doing: "reading", done: "read", plan: "read" },
  "read-replacement": {
    mark: ">>",
    doing: "reading replacement",
    done: "read replacement",
    plan: "read replacement",
  },
  refresh: { mark: "~ ", doing: "refreshing", done: "refreshed", plan: "refresh" },
  "discard-replaced": {
    mark: "<<",
    doing: "discarding original",
    done: "discarded original",
    plan: "discard original",
  },
  discard: { mark: "< ", doing: "discarding", done: "discarded", plan: "discard" },
  import: { mark: "= ", doing: "importing", done: "imported", plan: "import" },
  "import-replacement": {
    mark: "=>",
    doing: "importing replacement",
    done: "imported replacement",
    plan: "import replacement",
  },
};

interface Step {
  op: string;
  urn: string;
  type: string;
  old?: { outputs?: Record<string, unknown> } | null;
  new?: { outputs?: Record<string, unknown> } | null;
  diffs?: string[];
  detailedDiff?: Record<string, { diffKind: string }> | null;
}

interface Diagnostic {
  urn?: string;
  prefix?: string;
  message: string;
  severity: string;
  ephemeral?: boolean;
}

interface PolicyViolation {
  resourceUrn?: string;
  message: string;
  policyName: string;
  policyPackName: string;
  enforcementLevel: string;
}

interface Summary {
  durationSeconds?: number;
  resourceChanges?: Record<string, number>;
  isPreview?: boolean;
}

/** The parts of an engine event that a log shows; exactly one is there. */
interface EngineEvent {
  stdoutEvent?: { message: string };
  diagnosticEvent?: Diagnostic;
  resourcePreEvent?: { metadata: Step; planning?: boolean };
  resOutputsEvent?: { metadata: Step; planning?: boolean };
  resOpFailedEvent?: { metadata: Step };
  policyEvent?: PolicyViolation;
  policyRemediationEvent?: Omit<PolicyViolation, "enforcementLevel">;
  progressEvent?: { message: string; done: boolean };
  errorEvent?: { error: string };
  summaryEvent?: Summary;
}

interface StateChange {
  state: string;
  position?: number;
  attempt?: number;
  reason?: string;
  error?: string;
}

/**
 * Renders a deployment's events as text, the way `pulumi up` prints them where
 * there is no terminal. Call it with each event in order; it answers with
 * whole lines, or with "" for what a reader need not see.
 */
export function createLogRenderer(): (event: { kind: string; data: unknown }) => string {
  const seen: Seen = { stackUrn: "", faults: new Map(), errored: new Set() };
  return ({ kind, data }) => {
    if (kind === "engine") return text(engineLines(data as EngineEvent, seen));
    if (kind === "log") return text([plain((data as { line: string }).line)]);
    if (kind !== "state") return "";
    const change = data as StateChange;
    const ended = ["succeeded", "failed", "cancelled"].includes(change.state);
    return text([...(ended ? takeFaults(seen) : []), ...stateLines(change, ended)]);
  };
}

/** What the events until now have left to be said at the end. */
interface Seen {
  stackUrn: string;
  outputs?: { old: Outputs; new: Outputs };
  /** Lines by the resource that they are about. */
  faults: Map<string, string[]>;
  errored: Set<string>;
}

type Outputs = Record<string, unknown>;

function engineLines(event: EngineEvent, seen: Seen): string[] {
  const step = (event.resourcePreEvent ?? event.resOutputsEvent)?.metadata;
  if (step?.type === "pulumi:pulumi:Stack") {
    seen.stackUrn = step.urn;
    if (event.resOutputsEvent && step.op !== "delete")
      seen.outputs = { old: step.old?.outputs ?? {}, new: step.new?.outputs ?? {} };
  }
  if (event.policyEvent) addFault(seen, "  Policies:", policyLines(event.policyEvent));
  const repair = event.policyRemediationEvent;
  if (repair) addFault(seen, "  Policies:", policyLines({ ...repair, enforcementLevel: "remediate" }));
  if (event.diagnosticEvent) return diagnosticLines(event.diagnosticEvent, seen);
  if (event.summaryEvent) return [...takeFaults(seen), ...summaryLines(event.summaryEvent, seen)];
  return eventLines(event, seen);
}

function eventLines(event: EngineEvent, seen: Seen): string[] {
  const { resourcePreEvent: begun, resOutputsEvent: done, resOpFailedEvent: failed } = event;
  if (begun) return rowLine(begun.metadata, (words) => (begun.planning ? words.plan : words.doing));
  if (failed) return failedLine(failed.metadata, seen);
  if (done && seen.errored.has(done.metadata.urn)) return failedLine(done.metadata, seen);
  if (done && !done.planning) return rowLine(done.metadata, (words) => words.done);
  if (event.stdoutEvent) return plain(event.stdoutEvent.message).trimEnd().split("\n");
  if (event.errorEvent) return [`error: ${plain(event.errorEvent.error)}`];
  if (event.progressEvent?.done) return [event.progressEvent.message];
  return [];
}

function rowLine(step: Step, status: (words: Wording) => string): string[] {
  const words = wordings[step.op] ?? unknown(step.op);
  if (words === same) return [];
  return [` ${words.mark} ${step.type} ${nameOf(step.urn)} ${status(words)}${diffText(step)}`];
}

function failedLine({ op, type, urn }: Step, seen: Seen): string[] {
  const { mark, doing } = wordings[op] ?? unknown(op);
  seen.errored.add(urn);
  return [` ${mark} ${type} ${nameOf(urn)} **${doing && `${doing} `}failed**`];
}

function unknown(op: string): Wording {
  return { mark: "? ", doing: op, done: op, plan: op };
}

/** `[diff: ~image,+tags]`: paths that change, by what happens to each. */
function diffText({ detailedDiff, diffs, op }: Step): string {
  if (op !== "update" && !op.includes("replace")) return "";
  const detailed = Object.entries(detailedDiff ?? {}).map(([path, { diffKind }]) => {
    const mark = diffKind.startsWith("add") ? "+" : diffKind.startsWith("delete") ? "-" : "~";
    return `${mark}${path}`;
  });
  const paths = detailed.length > 0 ? detailed : (diffs ?? []).map((path) => `~${path}`);
  return paths.length > 0 ? ` [diff: ${paths.join(",")}]` : "";
}

/** What a program or a provider says, as it says it; of a fault the first line, since all of it comes at the end. */
function diagnosticLines(diagnostic: Diagnostic, seen: Seen): string[] {
  const { severity, ephemeral, prefix = "", message } = diagnostic;
  const lines = plain(`${prefix}${message}`).trimEnd().split("\n");
  if (severity === "debug" || lines.every((line) => line.trim() === "")) return [];
  const urn = diagnostic.urn || seen.stackUrn;
  const isFault = !ephemeral && (severity === "error" || severity === "warning");
  if (isFault) addFault(seen, urn && `  ${typeOf(urn)} (${nameOf(urn)}):`, lines);
  if (severity === "error" && urn) seen.errored.add(urn);
  const from = urn ? `${typeOf(urn)} ${nameOf(urn)} ` : "";
  return (isFault ? lines.slice(0, 1) : lines).map((line) => `    ${from}${line}`);
}

function addFault(seen: Seen, head: string, lines: string[]): void {
  seen.faults.set(head, [...(seen.faults.get(head) ?? []), ...lines.map(indent)]);
}

function takeFaults(seen: Seen): string[] {
  const groups = [...seen.faults].flatMap(([head, lines]) => [...(head ? [head] : []), ...lines, ""]);
  seen.faults.clear();
  return groups.length > 0 ? ["Diagnostics:", ...groups] : [];
}

function indent(line: string): string {
  return `    ${line}`;
}

function policyLines(violation: PolicyViolation): string[] {
  const where = violation.resourceUrn
    ? ` (${typeOf(violation.resourceUrn)}: ${nameOf(violation.resourceUrn)})`
    : "";
  return [
    `[${violation.enforcementLevel}] ${violation.policyPackName} ${violation.policyName}${where}`,
    ...plain(violation.message).trimEnd().split("\n").map(indent),
  ];
}

function summaryLines(summary: Summary, { outputs, errored }: Seen): string[] {
  const lines = outputs ? outputLines(outputs.old, outputs.new, summary.isPreview ?? false) : [];
  if (lines.length > 0) lines.unshift("Outputs:");
  if (lines.length > 0) lines.push("");
  const changes = Object.entries(summary.resourceChanges ?? {}).filter(([, count]) => count > 0);
  const changed = changes.filter(([op]) => op !== "same");
  const unchanged = changes.find(([op]) => op === "same")?.[1];
  lines.push("Resources:");
  for (const [op, count] of changed) {
    const words = wordings[op] ?? unknown(op);
    lines.push(`    ${words.mark.trim()} ${count} ${summary.isPreview ? `to ${words.plan}` : words.done}`);
  }
  if (unchanged !== undefined) lines.push(`    ${unchanged} unchanged`);
  if (errored.size > 0) lines.push(`    ${errored.size} errored`);
  if (!summary.isPreview) lines.push("", `Duration: ${durationText(summary.durationSeconds ?? 0)}`);
  return lines;
}

/** Outputs with what became of each; a first run has nothing to compare with, a preview shows changes only. */
function outputLines(before: Outputs, after: Outputs, onlyChanges: boolean): string[] {
  const isFirst = Object.keys(before).length === 0 && !onlyChanges;
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const width = Math.max(0, ...keys.map((key) => key.length));
  return keys.flatMap((key) => {
    const [was, is] = [before[key], after[key]].map((value) =>
      value === undefined ? undefined : valueText(value),
    );
    const name = key.padEnd(width);
    if (was === is || (isFirst && is !== undefined)) return onlyChanges ? [] : [`    ${name}: ${is}`];
    if (was === undefined) return [`  + ${name}: ${is}`];
    if (is === undefined) return [`  - ${name}: ${was}`];
    return [`  ~ ${name}: ${was} => ${is}`];
  });
}

/**
 * One line of JSON; a secret, as the engine or this server marks one, is `[secret]`, and what a preview cannot
 * know yet `[unknown]`.
 */
function valueText(value: unknown): string {
  const marked = JSON.stringify(value, (_key, inner) => {
    if (isSecret(inner)) return "[secret]";
    return inner === unknownValue ? "[unknown]" : inner;
  });
  return marked.replaceAll(/"(\[secret\]|\[unknown\])"/g, "$1");
}

function isSecret(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const object = value as Record<string, unknown>;
  return (
    object[signatureKey] === secretSignature || (object.secret === true && Object.keys(object).length === 1)
  );
}

function stateLines(
  { state, position = 0, attempt = 1, reason, error }: StateChange,
  ended: boolean,
): string[] {
  const more = [
    state === "queued" && position > 0 ? `${position} before it` : "",
    state === "running" && attempt > 1 ? `attempt ${attempt}` : "",
    reason ?? "",
  ].filter(Boolean);
  const line = `Deployment ${state}${more.length > 0 ? `: ${more.join("; ")}` : ended ? "." : ""}`;
  return [
    line,
    ...(error
      ? plain(error)
          .trimEnd()
          .split("\n")
          .map((each) => `  ${each}`)
      : []),
  ];
}

function durationText(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
}

function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/** The type itself, without the types of its parents. */
function typeOf(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

/** Without the engine's colour marks, such as `<{%reset%}>`, and without control characters that a terminal obeys. */
function plain(message: string): string {
  return message.replaceAll(/<\{%[^%]*%\}>|\p{Cc}\[[0-9;]*m/gu, "").replaceAll(/[^\P{Cc}\n\t]/gu, "");
}

function text(lines: string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
