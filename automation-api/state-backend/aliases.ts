import type { ResourceState, StateBody } from "./checkpoint.ts";
import { parseProviderReference, parseUrn, rootStackType, urnUnder } from "./urn.ts";

export interface AliasResult {
  body: StateBody;
  /** Aliases that two resources claim; then nothing is rewritten. */
  conflicts: string[];
}

/**
 * Rewrites every reference to a resource's former URN into its present one and
 * drops the aliases: resources that this update did not reach still name their
 * parents and dependencies by the old URNs. Children of a renamed parent get
 * the URN that their new parent gives them. The input is left as it is.
 */
export function resolveAliases(body: StateBody): AliasResult {
  const resources = body.resources ?? [];
  const { present, conflicts } = presentUrns(resources);
  if (conflicts.length > 0) return { body, conflicts };
  if (present.size === 0) return { body, conflicts };
  const rename = (urn: string) => present.get(urn) ?? urn;
  const snippets = body.snippets?.map((snippet) => ({
    ...snippet,
    references: snippet.references && mapValues(snippet.references, rename),
  }));
  return {
    body: {
      ...body,
      resources: resources.map((resource) => renameReferences(resource, rename)),
      ...(snippets ? { snippets } : {}),
    },
    conflicts,
  };
}

/** Former URN → present URN. */
function presentUrns(resources: ResourceState[]): { present: Map<string, string>; conflicts: string[] } {
  const present = new Map<string, string>();
  const conflicts: string[] = [];
  for (const resource of resources) {
    for (const alias of resource.aliases ?? []) {
      const other = present.get(alias);
      if (other !== undefined && other !== resource.urn) conflicts.push(alias);
      present.set(alias, resource.urn);
    }
    const parent = parseUrn(present.get(resource.parent ?? "") ?? "");
    const own = parseUrn(resource.urn);
    if (parent && own && parent.qualifiedType !== rootStackType) {
      present.set(resource.urn, urnUnder(parent.qualifiedType, own));
    }
  }
  return { present, conflicts };
}

function renameReferences(resource: ResourceState, rename: (urn: string) => string): ResourceState {
  const renamed: ResourceState = { ...resource, urn: rename(resource.urn) };
  if (resource.parent) renamed.parent = rename(resource.parent);
  if (resource.provider) renamed.provider = renameProvider(resource.provider, rename);
  if (resource.dependencies) renamed.dependencies = resource.dependencies.map(rename);
  if (resource.propertyDependencies) {
    renamed.propertyDependencies = mapValues(
      resource.propertyDependencies,
      (urns) => urns?.map(rename) ?? null,
    );
  }
  if (resource.deletedWith) renamed.deletedWith = rename(resource.deletedWith);
  if (resource.viewOf) renamed.viewOf = rename(resource.viewOf);
  delete renamed.aliases;
  return renamed;
}

function renameProvider(provider: string, rename: (urn: string) => string): string {
  const reference = parseProviderReference(provider);
  return reference ? `${rename(reference.urn)}::${reference.id}` : provider;
}

function mapValues<T>(record: Record<string, T>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
