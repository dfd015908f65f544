// The resource graph of a program as a plain JSON document. `roost graph`, policies, exporters and the
// upgrade replay all read this one form, so it changes only with its format number.

export const GRAPH_FORMAT = "roost-graph/1";

/** Of components/document.ts, which needs the SDK: a graph is read without it. */
const DOCUMENT_TYPE = "roost-components:index:Document";

/** A value of the document. A secret is the text "[secret]", an unknown value the text "[unknown]". */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** One registered resource. */
export interface GraphResource {
  /** As the engine would name it: `urn:pulumi:stack::project::parent$type::name`. */
  urn: string;
  type: string;
  name: string;
  /** URN of the parent; absent for what hangs directly below the stack. */
  parent?: string;
  /** False for components. */
  custom: boolean;
  /** Present when the resource is only read: the id that it is looked up by. */
  read?: string;
  /** As they are sent to the provider; outputs of others appear as `name.output` or as a made-up ARN. */
  inputs: { [key: string]: Json };
  /** Input → URNs of the resources that it is made from. */
  references: { [input: string]: string[] };
  /** Further URNs that must exist before (`dependsOn`). */
  dependsOn: string[];
  /** Options that change what the engine does; absent when they are Pulumi's defaults. */
  options: {
    protect?: boolean;
    retainOnDelete?: boolean;
    deleteBeforeReplace?: boolean;
    ignoreChanges?: string[];
    replaceOnChanges?: string[];
    deletedWith?: string;
    importId?: string;
    /** URN and id of an explicit provider. */
    provider?: string;
    /** Earlier URNs, or the parts that differ, as JSON. */
    aliases?: Json[];
  };
}

/** Everything a program registers, sorted by URN, with the stack's outputs. */
export interface Graph {
  format: typeof GRAPH_FORMAT;
  project: string;
  stack: string;
  resources: GraphResource[];
  outputs: { [key: string]: Json };
}

/**
 * Reads a stored graph.
 *
 * @throws Error when the text is no graph of this format.
 */
export function readGraph(text: string): Graph {
  const graph = JSON.parse(text) as Partial<Graph> | null;
  if (graph?.format !== GRAPH_FORMAT) {
    throw new Error(`not a resource graph: format is ${JSON.stringify(graph?.format)}, not ${GRAPH_FORMAT}`);
  }
  if (!Array.isArray(graph.resources)) throw new Error("not a resource graph: it has no list of resources");
  return graph as Graph;
}

/** The document as text, stable under repetition. */
export function writeGraph(graph: Graph): string {
  return `${JSON.stringify(graph, null, 2)}\n`;
}

/** The one resource of a type, or the one with that name among several. */
export function find(graph: Graph, type: string, name?: string): GraphResource {
  const found = graph.resources.filter(
    (resource) => resource.type === type && (name === undefined || resource.name === name),
  );
  if (found.length === 1) return found[0]!;
  const names = graph.resources.filter((resource) => resource.type === type).map((resource) => resource.name);
  throw new Error(
    `${found.length} resources of type ${type}${name ? ` named ${name}` : ""}; there are: ${names.join(", ")}`,
  );
}

/**
 * Each child below the component with that name, at any depth, as `type name`, sorted; without what is only said of
 * texts.
 */
export function children(graph: Graph, component: string): string[] {
  const root = graph.resources.find((resource) => !resource.custom && resource.name === component);
  if (!root) throw new Error(`there is no component named ${component}`);
  const below = new Set([root.urn]);
  for (let size = 0; size !== below.size; ) {
    size = below.size;
    for (const { urn, parent } of graph.resources) if (parent && below.has(parent)) below.add(urn);
  }
  return graph.resources
    .filter(({ urn, type }) => urn !== root.urn && below.has(urn) && type !== DOCUMENT_TYPE)
    .map(({ type, name }) => `${type} ${name}`)
    .sort();
}

/** What breaks the naming rules: a child's name starts with its component's, and no child is outside one. */
export function namingFaults(graph: Graph): string[] {
  const byUrn = new Map(graph.resources.map((resource) => [resource.urn, resource]));
  return graph.resources.flatMap(({ parent, name, type }) => {
    const owner = parent === undefined ? undefined : byUrn.get(parent);
    return owner && !name.startsWith(`${owner.name}-`)
      ? [`${type} "${name}" is a child of "${owner.name}" and is not named after it`]
      : [];
  });
}
