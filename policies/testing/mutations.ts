import type { RecordedGraph } from "../evaluate.ts";
import { kindOf } from "../kinds.ts";

type Resource = RecordedGraph["resources"][number];
// biome-ignore lint/suspicious/noExplicitAny: inputs are whatever was registered
type Value = any;

/** Takes an input away. */
export const drop = Symbol("drop");
/** Turns a switch around; what is no switch stays. */
export const flip = Symbol("flip");

/**
 * One way in which something gets weaker: what is put at a path of the inputs of a kind, each value a mutant of its
 * own. `*` in a path is every element, `@` the JSON that a text holds. Without a path the whole resource goes.
 */
export type Weakening = [kind: string, path?: string, ...values: unknown[]];

export interface Mutant {
  /** Kind, path and what was done. */
  what: string;
  resource: string;
  graph: RecordedGraph;
}

/**
 * Every mutant of a graph by a list of weakenings.
 * @param most resources of a kind that are mutated in one graph. Default 2.
 */
export function* mutantsOf(
  graph: RecordedGraph,
  weakenings: readonly Weakening[],
  most = 2,
): Generator<Mutant> {
  for (const [kind, path, ...values] of weakenings) {
    const subjects = graph.resources.filter((each) => kindOf(each.type) === kind).slice(0, most);
    for (const subject of subjects) {
      if (path === undefined) {
        const resources = graph.resources.filter((each) => each !== subject);
        yield { what: `${kind} removed`, resource: subject.name, graph: { ...graph, resources } };
        continue;
      }
      for (const value of values) {
        const changed = weaken(subject, path, value);
        if (changed === undefined) continue;
        const resources = graph.resources.map((each) => (each === subject ? changed : each));
        const words = typeof value === "symbol" ? String(value.description) : JSON.stringify(value);
        yield { what: `${kind} ${path} ${words}`, resource: subject.name, graph: { ...graph, resources } };
      }
    }
  }
}

/** The resource with the change; undefined where it would change nothing. */
function weaken(resource: Resource, path: string, value: unknown): Resource | undefined {
  const inputs = change(resource.inputs, path.split("."), value);
  if (JSON.stringify(inputs) === JSON.stringify(resource.inputs)) return undefined;
  const references = { ...resource.references };
  // What is put in by hand is made from nothing.
  const [top] = path.split(".") as [string];
  if (!path.includes(".") && !path.includes("@")) delete references[top];
  return { ...resource, inputs, references };
}

function change(at: Value, [step, ...rest]: string[], value: unknown): Value {
  if (step === "@") return typeof at === "string" ? JSON.stringify(change(JSON.parse(at), rest, value)) : at;
  if (step === "*") return Array.isArray(at) ? at.map((each) => change(each, rest, value)) : at;
  if (step === undefined) return value;
  if (typeof at !== "object" || at === null) return at;
  const isLast = rest.length === 0;
  const own = at[step];
  if (isLast && value === drop) {
    if (Array.isArray(at)) return at.filter((_, n) => String(n) !== step);
    const { [step]: _, ...others } = at;
    return others;
  }
  if (isLast && value === flip) return typeof own === "boolean" ? put(at, step, !own) : at;
  if (isLast) return put(at, step, value);
  return own === undefined ? at : put(at, step, change(own, rest, value));
}

function put(at: Value, step: string, value: unknown): Value {
  return Array.isArray(at)
    ? at.map((each, n) => (String(n) === step ? value : each))
    : { ...at, [step]: value };
}
