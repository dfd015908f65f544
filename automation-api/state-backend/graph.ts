import { secretSignature, signatureKey } from "../engine-marks.ts";
import type { GraphResource, StackGraph } from "../projects/contract.ts";
import { type Checkpoint, type ResourceState, resourcesOf } from "./checkpoint.ts";
import { isProviderType, parseProviderReference, parseUrn, rootStackType } from "./urn.ts";

/**
 * The graph of a state. The stack itself and default providers, which no program declares, are left out, and so
 * is what an update only has yet to delete. Pure; of a secret nothing but that it is one is shown.
 */
export function graphOfState(checkpoint: Checkpoint, names: { project: string; stack: string }): StackGraph {
  const live = resourcesOf(checkpoint).filter(({ delete: isGoing, viewOf }) => !isGoing && !viewOf);
  const root = live.find(({ type }) => type === rootStackType);
  return {
    format: "roost-graph/1",
    ...names,
    resources: live
      .filter((resource) => resource !== root && !isDefaultProvider(resource.urn))
      .map((resource) => shown(resource, root?.urn)),
    outputs: mask(root?.outputs ?? {}) as StackGraph["outputs"],
  };
}

function shown(resource: ResourceState, root: string | undefined): GraphResource {
  const { urn, type, custom = false, id, parent, inputs, propertyDependencies, dependencies } = resource;
  const { provider, external, protect } = resource;
  const from = Object.entries(propertyDependencies ?? {}).filter(([, urns]) => (urns?.length ?? 0) > 0);
  const isExplicit = provider !== undefined && provider !== "" && !isDefaultProvider(providerUrn(provider));
  return {
    urn,
    type,
    name: parseUrn(urn)?.name ?? urn,
    ...(parent && parent !== root && { parent }),
    custom,
    ...(external === true && { read: id ?? "" }),
    inputs: mask(inputs ?? {}) as GraphResource["inputs"],
    references: Object.fromEntries(from.map(([input, urns]) => [input, urns ?? []])),
    dependsOn: dependencies ?? [],
    options: { ...(protect === true && { protect }), ...(isExplicit && { provider }) },
  };
}

function providerUrn(reference: string): string {
  return parseProviderReference(reference)?.urn ?? reference;
}

/** The engine makes one of the name `default`, or `default_VERSION`, where a program declares none. */
function isDefaultProvider(urn: string): boolean {
  const { type, name = "" } = parseUrn(urn) ?? {};
  return isProviderType(type) && /^default(_|$)/.test(name);
}

function mask(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(mask);
  if (typeof value !== "object" || value === null) return value;
  const object = value as Record<string, unknown>;
  if (object[signatureKey] === secretSignature) return "[secret]";
  return Object.fromEntries(Object.entries(object).map(([key, inner]) => [key, mask(inner)]));
}
