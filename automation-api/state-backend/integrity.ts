import { createHash } from "node:crypto";
import { unknownValue } from "../engine-marks.ts";
import type { Checkpoint, Manifest, ResourceState, Snippet } from "./checkpoint.ts";
import { isProviderType, parseProviderReference, parseUrn } from "./urn.ts";

export type Rule =
  | "manifest-magic"
  | "urn-missing"
  | "type-missing"
  | "component-id"
  | "provider-malformed"
  | "provider-missing"
  | "provider-later"
  | "parent-missing"
  | "parent-later"
  | "dependency-missing"
  | "dependency-later"
  | "property-dependency-missing"
  | "property-dependency-later"
  | "deleted-with-missing"
  | "deleted-with-later"
  | "urn-duplicate"
  | "snippet-uuid"
  // Found while the journal is folded:
  | "alias-conflict"
  | "entry-kind"
  | "journal-reference"
  | "sequence-gap"
  | "checkpoint-invalid"
  | "not-published";

/** One reason why a state is not what the engine would accept, or not what it should have been. */
export interface Fault {
  rule: Rule;
  /** The resource that breaks the rule. */
  urn?: string;
  message: string;
}

/** Rules that only say that the list is in the wrong order; sorting mends them. */
const orderRules: ReadonlySet<Rule> = new Set([
  "provider-later",
  "parent-later",
  "dependency-later",
  "property-dependency-later",
  "deleted-with-later",
]);

export function isOrderFault(fault: Fault): boolean {
  return orderRules.has(fault.rule);
}

/** A provider resource as others refer to it; its id is unknown while it is not created. */
export function providerKey(resource: ResourceState): string {
  return `${resource.urn}::${resource.id || unknownValue}`;
}

/** What a resource needs to stand before it in the list. */
export interface Need {
  field: "provider" | "parent" | "dependency" | "property-dependency" | "deleted-with";
  /** A URN; for `provider`, URN and id. */
  target: string;
}

export function needsOf(resource: ResourceState): Need[] {
  const needs: Need[] = [];
  // A resource that waits for its replacement may outlive its provider.
  if (resource.provider && !resource.pendingReplacement)
    needs.push({ field: "provider", target: resource.provider });
  if (resource.parent) needs.push({ field: "parent", target: resource.parent });
  for (const target of resource.dependencies ?? []) needs.push({ field: "dependency", target });
  for (const targets of Object.values(resource.propertyDependencies ?? {})) {
    for (const target of targets ?? []) needs.push({ field: "property-dependency", target });
  }
  if (resource.deletedWith) needs.push({ field: "deleted-with", target: resource.deletedWith });
  return needs;
}

/**
 * Every reason why the engine would refuse this state; empty when there is
 * none. The same rules as the engine's own check on reading.
 */
export function findFaults(checkpoint: Checkpoint): Fault[] {
  const body = checkpoint.deployment;
  if (!body) return [];
  const resources = body.resources ?? [];
  return [
    ...manifestFaults(body.manifest),
    ...orderFaults(resources),
    ...duplicateFaults(resources),
    ...snippetFaults(body.snippets ?? []),
  ];
}

/** The magic that belongs to a manifest's engine version. */
export function magicOf(version: string): string {
  return version === "" ? "" : createHash("sha256").update(version).digest("hex");
}

function manifestFaults(manifest: Manifest | undefined): Fault[] {
  if ((manifest?.magic ?? "") === magicOf(manifest?.version ?? "")) return [];
  return [{ rule: "manifest-magic", message: "The manifest's magic does not belong to its version." }];
}

function orderFaults(resources: ResourceState[]): Fault[] {
  const everywhere = new Set(resources.flatMap((resource) => [resource.urn, providerKey(resource)]));
  const earlier = new Set<string>();
  return resources.flatMap((resource, position) => {
    const faults = [
      ...fieldFaults(resource, position),
      ...needsOf(resource)
        .filter((need) => !earlier.has(need.target))
        .map((need) => needFault(resource, need, everywhere.has(need.target))),
    ];
    earlier.add(resource.urn);
    if (isProviderType(resource.type)) earlier.add(providerKey(resource));
    return faults;
  });
}

function fieldFaults(resource: ResourceState, position: number): Fault[] {
  const { urn } = resource;
  const faults: Fault[] = [];
  if (!urn) faults.push({ rule: "urn-missing", message: `The resource at position ${position} has no URN.` });
  if (!resource.type) faults.push({ rule: "type-missing", urn, message: `${urn} has no type.` });
  if (!resource.custom && resource.id) {
    faults.push({ rule: "component-id", urn, message: `${urn} is a component and has an id.` });
  }
  if (isProviderType(resource.type) && !isProviderType(parseUrn(urn)?.type)) {
    faults.push({
      rule: "provider-malformed",
      urn,
      message: `${urn} is a provider and its URN names another type.`,
    });
  }
  if (resource.provider && !parseProviderReference(resource.provider)) {
    faults.push({
      rule: "provider-malformed",
      urn,
      message: `${urn} names a provider that is no provider reference.`,
    });
  }
  return faults;
}

function needFault(resource: ResourceState, need: Need, isLater: boolean): Fault {
  const where = isLater ? "comes after it" : "is not in the state";
  return {
    rule: `${need.field}-${isLater ? "later" : "missing"}`,
    urn: resource.urn,
    message: `The ${need.field.replaceAll("-", " ")} ${need.target} of ${resource.urn} ${where}.`,
  };
}

/** Several resources may share a URN only while all but one at most are marked for deletion. */
function duplicateFaults(resources: ResourceState[]): Fault[] {
  const live = new Map<string, number>();
  for (const resource of resources) {
    if (!resource.delete) live.set(resource.urn, (live.get(resource.urn) ?? 0) + 1);
  }
  return [...live]
    .filter(([, count]) => count > 1)
    .map(([urn]) => ({ rule: "urn-duplicate", urn, message: `${urn} stands in the state more than once.` }));
}

function snippetFaults(snippets: Snippet[]): Fault[] {
  const seen = new Set<string>();
  return snippets.flatMap((snippet, position) => {
    if (snippet.uuid && !seen.has(snippet.uuid)) {
      seen.add(snippet.uuid);
      return [];
    }
    return [
      {
        rule: "snippet-uuid",
        message: `The snippet at position ${position} has no uuid of its own.`,
      } as Fault,
    ];
  });
}
