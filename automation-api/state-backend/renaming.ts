import { resourceSignature, signatureKey } from "../engine-marks.ts";
import type { Checkpoint, ResourceState } from "./checkpoint.ts";
import { parseUrn, rootStackType } from "./urn.ts";

export interface Renaming {
  oldProject: string;
  oldStack: string;
  project: string;
  stack: string;
}

/**
 * The state under a stack's new names: every URN holds them, so without this
 * the next update would replace all resources. Pure.
 */
export function renameState(checkpoint: Checkpoint, renaming: Renaming): Checkpoint {
  const body = checkpoint.deployment;
  if (!body) return checkpoint;
  const urn = (old: string) => renameUrn(old, renaming);
  return {
    ...checkpoint,
    deployment: {
      ...body,
      ...(body.resources
        ? { resources: body.resources.map((resource) => renameResource(resource, urn)) }
        : {}),
      ...(body.pending_operations
        ? {
            pending_operations: body.pending_operations.map((operation) => ({
              ...operation,
              resource: renameResource(operation.resource, urn),
            })),
          }
        : {}),
    },
  };
}

function renameUrn(urn: string, { oldProject, oldStack, project, stack }: Renaming): string {
  const parts = parseUrn(urn);
  if (!parts || parts.project !== oldProject || parts.stack !== oldStack) return urn;
  const name = parts.qualifiedType === rootStackType ? `${project}-${stack}` : parts.name;
  return `urn:pulumi:${stack}::${project}::${parts.qualifiedType}::${name}`;
}

type Rename = (urn: string) => string;

/** Fields that hold URNs; of a provider reference the URN is the part before the last `::`. */
const single = ["urn", "parent", "deletedWith", "viewOf"] as const;
const lists = ["dependencies", "replaceWith", "aliases"] as const;
const properties = ["inputs", "outputs", "replacementTrigger"] as const;

function renameResource(resource: ResourceState, rename: Rename): ResourceState {
  const renamed: ResourceState = { ...resource };
  for (const field of single) {
    const value = resource[field];
    if (value) renamed[field] = rename(value);
  }
  for (const field of lists) {
    const value = resource[field];
    if (value) renamed[field] = value.map(rename);
  }
  if (resource.propertyDependencies) {
    renamed.propertyDependencies = Object.fromEntries(
      Object.entries(resource.propertyDependencies).map(([property, urns]) => [
        property,
        urns?.map(rename) ?? null,
      ]),
    );
  }
  const end = resource.provider?.lastIndexOf("::") ?? -1;
  if (resource.provider && end > 0) {
    renamed.provider = rename(resource.provider.slice(0, end)) + resource.provider.slice(end);
  }
  for (const field of properties) {
    if (resource[field] !== undefined) renamed[field] = renameInside(resource[field], rename) as never;
  }
  return renamed;
}

function renameInside(value: unknown, rename: Rename): unknown {
  if (Array.isArray(value)) return value.map((item) => renameInside(item, rename));
  // A number that keeps its text is an object without prototype.
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) === null) return value;
  const record = value as Record<string, unknown>;
  if (record[signatureKey] === resourceSignature && typeof record.urn === "string") {
    return { ...record, urn: rename(record.urn) };
  }
  return Object.fromEntries(Object.entries(record).map(([key, inner]) => [key, renameInside(inner, rename)]));
}
