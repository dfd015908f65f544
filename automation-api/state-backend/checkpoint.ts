/**
 * The state of a stack as the pulumi engine writes and reads it. Only the
 * fields that are looked at here are named; every other field travels through
 * untouched.
 */
export interface ResourceState {
  urn: string;
  custom?: boolean;
  /** Marked for deletion by a later update. */
  delete?: boolean;
  id?: string;
  type: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  parent?: string;
  /** `<urn>::<id>` of the provider resource. */
  provider?: string;
  dependencies?: string[] | null;
  /** The engine writes an empty list as `null`. */
  propertyDependencies?: Record<string, string[] | null> | null;
  /** Deleted before its replacement exists. */
  pendingReplacement?: boolean;
  aliases?: string[] | null;
  deletedWith?: string;
  replaceWith?: string[] | null;
  viewOf?: string;
  taint?: boolean;
  refreshBeforeUpdate?: boolean;
  resourceHooks?: Record<string, string[] | null> | null;
  extensionRef?: string;
  snippetID?: string;
  [field: string]: unknown;
}

export type OperationType = "creating" | "updating" | "deleting" | "reading" | "importing";

/** An operation that began and of which no end is known. */
export interface PendingOperation {
  resource: ResourceState;
  type: OperationType;
}

export interface SecretsProvider {
  type: string;
  state?: Record<string, unknown> | null;
}

export interface Manifest {
  time: string;
  /** SHA-256 hex of `version`, or empty with it. */
  magic: string;
  version: string;
  [field: string]: unknown;
}

export interface Snippet {
  uuid: string;
  references?: Record<string, string> | null;
  [field: string]: unknown;
}

export interface StateBody {
  manifest: Manifest;
  secrets_providers?: SecretsProvider | null;
  resources?: ResourceState[] | null;
  pending_operations?: PendingOperation[] | null;
  metadata?: Record<string, unknown> | null;
  snippets?: Snippet[] | null;
  extensions?: Record<string, unknown> | null;
  [field: string]: unknown;
}

/** One version of a stack's state: what `pulumi stack export` shows. */
export interface Checkpoint {
  /** Schema version: 4 when a feature is used, else 3. */
  version: number;
  features?: string[] | null;
  /** `null`: the stack was never updated. */
  deployment: StateBody | null;
}

/** What a stack is before its first update. */
export const emptyCheckpoint: Checkpoint = { version: 3, deployment: null };

/** Time zero of Go, as the engine prints a manifest that was never stamped. */
export const unstampedManifest: Manifest = { time: "0001-01-01T00:00:00Z", magic: "", version: "" };

export function resourcesOf(checkpoint: Checkpoint): ResourceState[] {
  return checkpoint.deployment?.resources ?? [];
}
