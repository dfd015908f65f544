import type { ResourceState, StateBody } from "./checkpoint.ts";

/** What a resource must carry for an older engine to be unable to read it, and the name of that feature. */
const byResource: [feature: string, uses: (resource: ResourceState) => boolean][] = [
  ["extensionParameterization", (resource) => Boolean(resource.extensionRef)],
  ["hooks", (resource) => Object.keys(resource.resourceHooks ?? {}).length > 0],
  ["refreshBeforeUpdate", (resource) => resource.refreshBeforeUpdate === true],
  ["replaceWith", (resource) => (resource.replaceWith ?? []).length > 0],
  ["snippets-prototype", (resource) => Boolean(resource.snippetID)],
  ["taint", (resource) => resource.taint === true],
  ["views", (resource) => Boolean(resource.viewOf)],
];
const computed = new Set(byResource.map(([feature]) => feature));

/**
 * Names of the features that a state uses, sorted.
 * @param carried features of the base that the state alone cannot show (byte
 *   strings inside secrets, features younger than this code) and so are kept.
 * @param hasByteStrings whether a journal entry said that it holds byte strings.
 */
export function featuresOf(body: StateBody, carried: readonly string[], hasByteStrings: boolean): string[] {
  const resources = [
    ...(body.resources ?? []),
    ...(body.pending_operations ?? []).map((operation) => operation.resource),
  ];
  const names = new Set(resources.length > 0 ? carried.filter((feature) => !computed.has(feature)) : []);
  if (hasByteStrings && resources.length > 0) names.add("byteString");
  if ((body.snippets ?? []).length > 0) names.add("snippets-prototype");
  for (const [feature, uses] of byResource) {
    if (!names.has(feature) && resources.some(uses)) names.add(feature);
  }
  return [...names].sort();
}
