import { documentUrn, withDocuments } from "./documents.ts";
import { kindOf } from "./kinds.ts";
import { guard, Undecidable, unguard } from "./known.ts";
import type { Context, Props, Resource, Rule, StackContext } from "./rule.ts";
import {
  dayOf,
  type Exception,
  exceptionFor,
  type RuleSettings,
  requireKnown,
  type Settings,
  settingsOf,
} from "./settings.ts";
import { Stack } from "./stack.ts";

/** A recorded graph, of the document `roost-graph/1` what rules need. */
export interface RecordedGraph {
  resources: readonly {
    urn: string;
    type: string;
    name: string;
    parent?: string;
    custom?: boolean;
    read?: string;
    inputs: Props;
    references?: Record<string, string[]>;
    options?: { protect?: boolean; provider?: string };
  }[];
}

/**
 * `violation` stops, `advisory` is shown, `cannot-decide` is neither, `excepted` was let through for a
 * while, `remediation` was repaired. */
export type OutcomeKind = "violation" | "advisory" | "cannot-decide" | "excepted" | "remediation";

export interface Outcome {
  kind: OutcomeKind;
  rule: Rule;
  urn: string;
  name: string;
  type: string;
  message: string;
  /** Input that is to blame. */
  path?: string;
  /** Of what cannot be decided: whether an update will know. */
  isUnknown?: boolean;
  /** The exception that let it through, or that is over. */
  exception?: Exception;
}

export interface Verdict {
  /** How often a rule was asked about a resource. */
  checks: number;
  resources: number;
  outcomes: Outcome[];
}

export interface EvaluateSettings {
  settings?: Settings;
  /** Decides whether exceptions are over. Default: now. */
  now?: Date;
}

/** Is only read, and yet says what a stack depends on. */
const stackReference = "pulumi:pulumi:StackReference";

/** The resources of a graph as rules see them; what is only read, and components, are not judged. */
export function resourcesOf(graph: RecordedGraph): Resource[] {
  const inputsOf = new Map(graph.resources.map(({ urn, inputs }) => [urn, inputs]));
  return graph.resources
    .filter(({ custom, read, type }) => custom !== false && (read === undefined || type === stackReference))
    .map(({ urn, type, name, parent, inputs, references, options }) => ({
      urn,
      type,
      kind: kindOf(type),
      name,
      ...judgedInputs(inputs, inputsOf.get(documentUrn(urn))),
      references: references ?? {},
      protect: options?.protect,
      parent,
      provider: options?.provider ? providerOf(options.provider, inputsOf) : undefined,
    }));
}

/** Inputs as rules read them, and what was said beside them. */
export function judgedInputs(inputs: Props, beside: Props | undefined): Pick<Resource, "props" | "beside"> {
  return beside
    ? { props: guard(withDocuments(inputs, beside)), beside: guard(beside) }
    : { props: guard(inputs) };
}

function providerOf(reference: string, inputsOf: ReadonlyMap<string, Props>): Resource["provider"] {
  const urn = reference.slice(0, reference.lastIndexOf("::")) || reference;
  return { urn, props: guard(inputsOf.get(urn)) };
}

/**
 * Judges a recorded graph. Nothing is asked of an engine or a cloud.
 * @throws SettingsError; whatever a rule throws that is broken: no verdict is no permission
 */
export function evaluate(
  rules: readonly Rule[],
  graph: RecordedGraph,
  { settings = {}, now = new Date() }: EvaluateSettings = {},
): Verdict {
  requireKnown(rules, settings);
  const stack = new Stack(resourcesOf(graph));
  const today = dayOf(now);
  const verdict: Verdict = { checks: 0, resources: stack.resources.length, outcomes: [] };
  for (const rule of rules) {
    const own = settingsOf(rule, settings);
    if (own.level === "disabled") continue;
    for (const resource of stack.of(...rule.kinds)) {
      verdict.checks += 1;
      verdict.outcomes.push(...judge(rule, resource, own, stack, today));
    }
  }
  return verdict;
}

/** What one rule says of one resource. */
export function judge(
  rule: Rule,
  resource: Resource,
  { level, config, exceptions }: RuleSettings,
  stack: Stack,
  today: string,
): Outcome[] {
  const of = { rule, urn: resource.urn, name: resource.name, type: resource.type };
  const outcomes: Outcome[] = [];
  const tell = (kind: OutcomeKind, message: string, path?: string): void => {
    const match = exceptionFor(exceptions, resource, today);
    if (match && !match.isOver) {
      const { who, why, until } = match.exception;
      const text = `${message}; excepted by ${who} until ${until}: ${why}`;
      outcomes.push({ ...of, kind: "excepted", message: text, path, exception: match.exception });
      return;
    }
    const over = match ? `; the exception by ${match.exception.who} ended on ${match.exception.until}` : "";
    outcomes.push({ ...of, kind, message: message + over, path, exception: match?.exception });
  };
  const found: Context["found"] = (message, path) =>
    tell(level === "advisory" ? "advisory" : "violation", message, path);
  try {
    const patch = level === "remediate" ? remedy(rule, resource, config) : undefined;
    if (patch) {
      outcomes.push({
        ...of,
        kind: "remediation",
        message: `is changed in ${Object.keys(patch).join(", ")}`,
      });
    }
    const judged = patch ? { ...resource, props: guard(repair(unguard(resource.props), patch)) } : resource;
    rule.check(judged, { found, config, stack } as StackContext as never);
  } catch (error) {
    if (!(error instanceof Undecidable)) throw error;
    const { message, path, isUnknown } = error;
    if (isUnknown) outcomes.push({ ...of, kind: "cannot-decide", message, path, isUnknown });
    // No update will know more, so it is refused like a violation, and can be excepted like one.
    else tell("cannot-decide", message, path);
  }
  return outcomes;
}

/** What a rule sets to repair a resource; undefined where there is nothing to repair, or it cannot. */
export function remedy(rule: Rule, resource: Resource, config: RuleSettings["config"]): Props | undefined {
  try {
    return rule.scope === "resource" ? rule.remedy?.(resource, config as never) : undefined;
  } catch (error) {
    if (error instanceof Undecidable) return undefined;
    throw error;
  }
}

/** Inputs with what a repair sets; what it sets in an object joins what is there. */
export function repair(inputs: Props, patch: Props): Props {
  const set = Object.entries(patch).map(([name, value]) => [
    name,
    isObject(value) && isObject(inputs[name]) ? { ...inputs[name], ...value } : value,
  ]);
  return { ...inputs, ...Object.fromEntries(set) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** How many outcomes there are of each kind. */
export function countOutcomes({ outcomes }: Verdict): Record<OutcomeKind, number> {
  const counts = { violation: 0, advisory: 0, "cannot-decide": 0, excepted: 0, remediation: 0 };
  for (const { kind } of outcomes) counts[kind] += 1;
  return counts;
}
