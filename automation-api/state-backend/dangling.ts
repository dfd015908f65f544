import type { ResourceState } from "./checkpoint.ts";

/**
 * Drops references to resources that are gone: a refresh removes what no
 * longer exists even where something else still names it. Expects the list in
 * dependency order; the input is left as it is.
 */
export function dropDanglingReferences(resources: ResourceState[]): ResourceState[] {
  const all = new Set(resources.map((resource) => resource.urn));
  const earlier = new Set<string>();
  return resources.map((resource) => {
    const kept = { ...resource };
    prune(kept, "dependencies", filled(resource.dependencies, earlier));
    prune(kept, "replaceWith", filled(resource.replaceWith, earlier));
    prune(kept, "propertyDependencies", filledProperties(resource.propertyDependencies, earlier));
    if (resource.deletedWith && !earlier.has(resource.deletedWith)) delete kept.deletedWith;
    if (resource.parent && !all.has(resource.parent)) delete kept.parent;
    earlier.add(resource.urn);
    return kept;
  });
}

function filled(urns: string[] | null | undefined, known: Set<string>): string[] | undefined {
  const kept = urns?.filter((urn) => known.has(urn));
  return kept && kept.length > 0 ? kept : undefined;
}

function filledProperties(
  properties: ResourceState["propertyDependencies"],
  known: Set<string>,
): Record<string, string[]> | undefined {
  const kept: Record<string, string[]> = {};
  for (const [property, urns] of Object.entries(properties ?? {})) {
    const left = filled(urns, known);
    if (left) kept[property] = left;
  }
  return Object.keys(kept).length > 0 ? kept : undefined;
}

function prune<F extends string>(resource: Record<string, unknown>, field: F, value: unknown): void {
  if (value === undefined) delete resource[field];
  else resource[field] = value;
}
