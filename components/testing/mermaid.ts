import type { Graph, GraphResource } from "./graph.ts";

/**
 * The graph as a Mermaid flowchart: a frame around what each component makes, an arrow from what is needed to what
 * needs it. An arrow that others already imply is left out. Mermaid itself draws at most 500 arrows unless
 * `maxEdges` is raised.
 */
export function drawGraph({ resources }: Graph): string {
  const ids = new Map(resources.map(({ urn }, at) => [urn, `r${at}`]));
  const below = Map.groupBy(resources, ({ parent }) => parent);
  const arrows = reduce(needs(resources));
  return `${[
    "flowchart LR",
    ...draw(undefined, "  "),
    ...[...arrows].flatMap(([urn, needed]) => needed.map((from) => `  ${ids.get(from)} --> ${ids.get(urn)}`)),
  ].join("\n")}\n`;

  function draw(parent: string | undefined, indent: string): string[] {
    return (below.get(parent) ?? []).flatMap((resource) => {
      const box = `${ids.get(resource.urn)}["${label(resource)}"]`;
      if (!below.has(resource.urn)) return [`${indent}${box}`];
      return [`${indent}subgraph ${box}`, ...draw(resource.urn, `${indent}  `), `${indent}end`];
    });
  }
}

/** `aws:ec2/vpc:Vpc` → `aws ec2 Vpc`, below the name. */
function label({ type, name }: GraphResource): string {
  const [provider = "", module = "", kind = ""] = type.split(":");
  // What an SDK is generated from repeats the kind in the module; Kubernetes' modules are versions.
  const group = module.replace(/\/[a-z]\w*$/, (last) => (last.slice(1) === lowerFirst(kind) ? "" : last));
  const words = provider === "roost-components" ? [kind] : [provider, group, kind];
  return `${escapeLabel(name)}<br/>${escapeLabel(words.filter((word) => word !== "index").join(" "))}`;
}

function lowerFirst(word: string): string {
  return word.charAt(0).toLowerCase() + word.slice(1);
}

/** Mermaid takes what ends a label or begins its own codes by number. */
function escapeLabel(text: string): string {
  return text.replace(/[#"<>&]/g, (character) => `#${character.charCodeAt(0)};`);
}

/** What each resource needs, sorted; without what it is inside of. */
function needs(resources: readonly GraphResource[]): Map<string, string[]> {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  return new Map(
    resources.map(({ urn, parent, references, dependsOn }) => {
      const needed = new Set([...Object.values(references).flat(), ...dependsOn]);
      for (let above = parent; above !== undefined; above = byUrn.get(above)?.parent) needed.delete(above);
      return [urn, [...needed].filter((each) => byUrn.has(each)).sort()];
    }),
  );
}

/** Without what is needed by something else that is needed. */
function reduce(direct: ReadonlyMap<string, string[]>): Map<string, string[]> {
  const known = new Map<string, Set<string>>();
  return new Map(
    [...direct].map(([urn, needed]) => {
      const implied = new Set(needed.flatMap((each) => [...everything(each)]));
      return [urn, needed.filter((each) => !implied.has(each))];
    }),
  );

  function everything(urn: string): Set<string> {
    const before = known.get(urn);
    if (before) return before;
    const found = new Set<string>();
    known.set(urn, found);
    for (const needed of direct.get(urn) ?? []) {
      found.add(needed);
      for (const further of everything(needed)) found.add(further);
    }
    return found;
  }
}
