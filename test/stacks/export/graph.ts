import { GRAPH_FORMAT, type Graph, type GraphResource } from "../../../components/testing/index.ts";

/** A resource as a recording has it. */
export function resource(
  type: string,
  name: string,
  inputs: GraphResource["inputs"],
  references: Record<string, GraphResource[]> = {},
  more: Partial<GraphResource> = {},
): GraphResource {
  return {
    urn: `urn:pulumi:dev::example::${type}::${name}`,
    type,
    name,
    custom: true,
    inputs,
    references: Object.fromEntries(
      Object.entries(references).map(([input, resources]) => [input, resources.map(({ urn }) => urn)]),
    ),
    dependsOn: [],
    options: {},
    ...more,
  };
}

/** A resource one of whose inputs is an output of another. */
export function reference(
  type: string,
  name: string,
  input: string,
  other: GraphResource,
  output: string,
): GraphResource {
  return resource(type, name, { [input]: `${other.name}.${output}` }, { [input]: [other] });
}

export function graphOf(...resources: GraphResource[]): Graph {
  const sorted = [...resources].sort((a, b) => (a.urn < b.urn ? -1 : 1));
  return { format: GRAPH_FORMAT, project: "example", stack: "dev", resources: sorted, outputs: {} };
}
