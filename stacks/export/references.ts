import type { Graph, GraphResource, Json } from "../../components/testing/index.ts";
import { madeUpOutputs } from "../../components/testing/made-up-outputs.ts";

/** An output of a resource that stands in a text. */
export interface Reference {
  resource: GraphResource;
  output: string;
}

/** A text in pieces: plain ones, and references. */
export type Piece = string | Reference;

/**
 * Finds in the texts of a recorded graph which outputs of which resources they are made from. A recording
 * answers outputs with `name.output` or a made-up ARN, and keeps for each input whose outputs it has; only
 * those are looked for.
 */
export class References {
  readonly #resources: Map<string, GraphResource>;
  readonly #reach = new Map<string, GraphResource[]>();
  readonly #tokens = new Map<string, Map<string, Reference>>();
  readonly #patterns = new Map<
    string,
    { pattern: RegExp; tokens: Map<string, Reference>; named: Map<string, GraphResource> }
  >();

  constructor(graph: Graph) {
    this.#resources = new Map(graph.resources.map((resource) => [resource.urn, resource]));
  }

  /** The resources whose outputs an input is made from. */
  of(resource: GraphResource, input: string): GraphResource[] {
    return (resource.references[input] ?? []).flatMap((urn) => this.#resources.get(urn) ?? []);
  }

  /** Cuts a text of that input. A text without a reference is one piece. */
  cut(resource: GraphResource, input: string, text: string): Piece[] {
    const urns = resource.references[input];
    if (urns === undefined || urns.length === 0) return [text];
    const { pattern, tokens, named } = this.#patternOf(urns);
    const pieces: Piece[] = [];
    let end = 0;
    for (const match of text.matchAll(pattern)) {
      const { name, output } = match.groups as { name?: string; output?: string };
      const found =
        tokens.get(match[0]) ?? (name && output ? { resource: named.get(name)!, output } : undefined);
      if (!found) continue;
      if (match.index > end) pieces.push(text.slice(end, match.index));
      pieces.push(found);
      end = match.index + match[0].length;
    }
    if (end < text.length || pieces.length === 0) pieces.push(text.slice(end));
    return pieces;
  }

  #patternOf(urns: string[]) {
    const key = urns.join("\n");
    const known = this.#patterns.get(key);
    if (known) return known;
    // Nearest first: a name that two types share is that of the resource which is referred to itself.
    const reached = [
      ...new Set([
        ...urns.flatMap((urn) => this.#resources.get(urn) ?? []),
        ...urns.flatMap((urn) => this.#reached(urn)),
      ]),
    ];
    const tokens = new Map<string, Reference>();
    const named = new Map<string, GraphResource>();
    for (const resource of reached.filter(({ custom }) => custom)) {
      for (const [text, reference] of this.#tokensOf(resource))
        if (!tokens.has(text)) tokens.set(text, reference);
      if (!named.has(resource.name)) named.set(resource.name, resource);
    }
    const longestFirst = (texts: Iterable<string>) =>
      [...texts]
        .sort((a, b) => b.length - a.length)
        .map(escaped)
        .join("|");
    const pattern = new RegExp(
      `${longestFirst(tokens.keys()) || "(?!)"}|(?<name>${longestFirst(named.keys()) || "(?!)"})\\.(?<output>[a-z][A-Za-z0-9]*)`,
      "g",
    );
    const made = { pattern, tokens, named };
    this.#patterns.set(key, made);
    return made;
  }

  /** What a resource may hand on: an output may be one of its inputs, which is an output of another. */
  #reached(urn: string, path = new Set<string>()): GraphResource[] {
    const known = this.#reach.get(urn);
    if (known) return known;
    if (path.has(urn)) return [];
    const resource = this.#resources.get(urn);
    if (!resource) return [];
    const below = Object.values(resource.references).flat();
    const found = [
      ...new Set([resource, ...below.flatMap((each) => this.#reached(each, new Set([...path, urn])))]),
    ];
    this.#reach.set(urn, found);
    return found;
  }

  /** The texts that a recording made up for it beyond `name.output`. */
  #tokensOf(resource: GraphResource): Map<string, Reference> {
    const known = this.#tokens.get(resource.urn);
    if (known) return known;
    const { type, name, inputs } = resource;
    const tokens = new Map<string, Reference>();
    for (const [output, value] of Object.entries(madeUpOutputs(type, name, inputs, ["arn"]))) {
      collect(value as Json, (text) => tokens.set(text, { resource, output }));
    }
    this.#tokens.set(resource.urn, tokens);
    return tokens;
  }
}

/** Texts that are long enough to be told from words such as "active". */
function collect(value: Json, found: (text: string) => void): void {
  if (typeof value === "string") {
    if (value.length > 8) found(value);
  } else if (typeof value === "object" && value !== null) {
    for (const each of Object.values(value)) collect(each, found);
  }
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
}
