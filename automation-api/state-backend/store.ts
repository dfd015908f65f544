import type { Principal } from "../access/permissions.ts";
import type { AuditEntry } from "../audit/service.ts";
import type { Content } from "./content.ts";
import type { Fault } from "./integrity.ts";
import type { StackNames } from "./server-address.ts";

export type UpdateKind = "preview" | "update" | "refresh" | "destroy" | "import";
export type UpdateState = "created" | "running" | "succeeded" | "failed" | "cancelled";
export type EndState = Extract<UpdateState, "succeeded" | "failed" | "cancelled">;

/** A configuration value as the engine sends it; `string` of a secret is ciphertext. */
export interface WireConfigValue {
  string: string;
  secret?: boolean;
  object?: boolean;
}

/** The update that holds a stack. */
export interface ActiveUpdate {
  id: string;
  kind: UpdateKind;
  requester: string;
  deploymentId: string | null;
  startedAt: Date;
  /** `false`: its lease is over and nobody has folded it yet. */
  isLive: boolean;
}

export interface StackRow {
  id: string;
  name: string;
  projectId: string;
  project: string;
  organizationId: string;
  organization: string;
  tags: Record<string, string>;
  /** Last published version; 0 before the first. */
  version: number;
  active: ActiveUpdate | null;
  /**
   * The project or environment that forces policies on it and lets nobody update by a command of their own, such as
   * "project shop". null: none does.
   */
  forcedOn: string | null;
}

export interface StackSummary {
  project: string;
  name: string;
  lastUpdate: Date | null;
  resourceCount: number | null;
}

export interface StackFilter {
  organizationId: string;
  /** `null`: all projects. */
  projectIds: string[] | null;
  project?: string;
  tagName?: string;
  tagValue?: string;
  /** Project and name of the last stack of the page before. */
  after?: [project: string, name: string];
  limit: number;
}

export interface UpdateRow {
  id: string;
  stackId: string;
  organizationId: string;
  organization: string;
  requesterId: string;
  kind: UpdateKind;
  dryRun: boolean;
  state: UpdateState;
  version: number | null;
  requester: string;
  deploymentId: string | null;
  message: string;
  config: Record<string, WireConfigValue>;
  environment: Record<string, string>;
  resourceChanges: Record<string, number> | null;
  resourceCount: number | null;
  faults: Fault[];
  startedAt: Date | null;
  endedAt: Date | null;
}

/** An audit row, written in the transaction of its effect. */
export interface AuditLine {
  principal: Principal;
  entry: AuditEntry;
}

export interface NewStack {
  id: string;
  organizationId: string;
  project: string;
  /** Used when the project does not exist yet. */
  newProjectId: string;
  name: string;
  tags: Record<string, string>;
}

/** Where a stack is to go when it is renamed. */
export interface NewPlace {
  project: string;
  newProjectId: string;
  name: string;
}

export interface NewUpdate {
  id: string;
  stackId: string;
  kind: UpdateKind;
  dryRun: boolean;
  requesterId: string;
  requester: string;
  /** Set for the engine of a deployment; the row is refused when that attempt is over. */
  deployment?: { id: string; epoch: number };
  message: string;
  config: Record<string, WireConfigValue>;
  environment: Record<string, string>;
}

export interface NewLease {
  stackId: string;
  updateId: string;
  hash: Buffer;
  seconds: number;
  journalVersion: number;
  /** Replace the stack's tags; absent: they stay. */
  tags?: Record<string, string>;
}

export type StartOutcome =
  | { kind: "started"; version: number; expiresAt: Date }
  | { kind: "busy"; active: ActiveUpdate }
  /** A deployment runs on the stack and its engine has not started its update yet. */
  | { kind: "busyDeployment"; deploymentId: string; requester: string }
  /** The update that holds the stack lost its lease: settle it, then try again. */
  | { kind: "orphan"; updateId: string }
  | { kind: "unknown" }
  | { kind: "notStartable"; state: UpdateState };

/** Entries and last whole state of an update, with the state that it started from. */
export interface WrittenRows {
  stackId: string;
  names: StackNames;
  /** Compressed; `null`: there was no state. */
  base: Buffer | null;
  entries: string[];
  upload: Buffer | null;
  /** Version of the engine that runs the update, if it said so. */
  engineVersion: string | null;
  now: Date;
}

/** One row of the table that is searched for resources of the newest versions. */
export interface ResourceRow {
  urn: string;
  type: string;
  name: string;
  customId: string | null;
  parentUrn: string | null;
}

/** What a version is to hold, and what is said about it. */
export interface Folded {
  content: Content;
  resources: ResourceRow[];
  /** `false`: the journal is kept, since the version does not hold what it says. */
  isPublished: boolean;
  state: EndState;
  faults: Fault[];
}

/** Who may end an update: its own lease, anybody once the lease is over, or whoever revokes it. */
export type EndRight = { by: "lease"; hash: Buffer } | { by: "expiry" } | { by: "revocation" };

export type EndOutcome =
  | { kind: "ended"; folded: Folded | null }
  | { kind: "already"; state: UpdateState }
  /** The lease is over, or was never this update's. */
  | { kind: "lost" }
  | { kind: "unknown" };

/** Finds a stack by its names, inside the transaction that asks. */
export type FindStackId = (
  organization: string,
  project: string,
  stack: string,
) => Promise<string | undefined>;

export interface EndRequest {
  updateId: string;
  right: EndRight;
  /** What becomes of what was written; not called for a preview. Runs inside the transaction: pure but for `find`. */
  fold: (written: WrittenRows, find: FindStackId) => Promise<Folded>;
  /** For a preview, and for an update that never started. */
  state: EndState;
  audit: (row: UpdateRow, state: EndState) => AuditLine[];
}

export interface EngineEventRow {
  /** Number that the engine gave it, from 1 in each update. */
  sequence: number;
  data: unknown;
}

/** Knows what of an update's configuration must not be shown. */
export type PrepareEvents = (update: Pick<UpdateRow, "stackId" | "config">) => <T>(data: T) => T;

export type ImportOutcome =
  | { kind: "published"; version: number }
  | Extract<StartOutcome, { kind: "busy" | "orphan" }>;

export type DeleteOutcome =
  | { kind: "deleted" | "notEmpty" }
  | Extract<StartOutcome, { kind: "busy" | "busyDeployment" | "orphan" }>;

export interface ImportRequest {
  stackId: string;
  update: NewUpdate;
  content: Content;
  resources: ResourceRow[];
  audit: AuditLine[];
}

export interface RenameRequest {
  stackId: string;
  to: NewPlace;
  update: NewUpdate;
  rewrite: (content: Buffer) => Promise<{ content: Content; resources: ResourceRow[] }>;
  audit: AuditLine[];
}

/**
 * All that the state backend keeps. Each method is atomic and durable when it
 * returns; times are the store's own clock, so replicas need not agree on one.
 */
export interface StateStore {
  findProject(organizationId: string, name: string): Promise<string | undefined>;
  /** Of any stack, also of a deleted one. */
  findNames(stackId: string): Promise<StackNames | undefined>;
  findStack(organizationId: string, project: string, name: string): Promise<StackRow | undefined>;
  listStacks(filter: StackFilter): Promise<StackSummary[]>;
  /** `false`: there is one of that name. */
  createStack(
    stack: NewStack,
    initial: Omit<ImportRequest, "stackId" | "audit"> | undefined,
    audit: AuditLine[],
  ): Promise<boolean>;
  replaceTags(stackId: string, tags: Record<string, string>, audit: AuditLine[]): Promise<void>;
  renameStack(request: RenameRequest): Promise<ImportOutcome | { kind: "exists" }>;
  /** @param force delete it although its newest version has resources. */
  deleteStack(stackId: string, force: boolean, audit: AuditLine[]): Promise<DeleteOutcome>;
  /** The newest deleted stack of that name comes back; `undefined`: there is none. */
  undeleteStack(
    organizationId: string,
    project: string,
    name: string,
    audit: (stackId: string) => AuditLine[],
  ): Promise<"undeleted" | "exists" | "unknown">;

  /** `false`: the deployment's attempt is over. */
  createUpdate(update: NewUpdate): Promise<boolean>;
  startUpdate(lease: NewLease, audit: (row: UpdateRow) => AuditLine[]): Promise<StartOutcome>;
  findUpdate(stackId: string, updateId: string): Promise<UpdateRow | undefined>;
  /** Newest first; previews and updates that never started are left out. */
  history(stackId: string, limit: number, offset: number): Promise<UpdateRow[]>;
  /** `undefined`: the lease is over. */
  renewLease(updateId: string, hash: Buffer, seconds: number): Promise<Date | undefined>;
  /** `false`: the lease is over, which an empty list asks. One round trip. */
  appendJournal(
    updateId: string,
    hash: Buffer,
    entries: { sequence: number; text: string }[],
  ): Promise<boolean>;
  /** Replaces the whole state of an update whose client keeps no journal. */
  putUpload(updateId: string, hash: Buffer, content: Content): Promise<boolean>;
  /**
   * Events of a deployment come from its worker; here only what they add up to is kept of them.
   * @param prepare makes of each event what is kept of it
   */
  appendEvents(
    updateId: string,
    hash: Buffer,
    events: EngineEventRow[],
    changes: Record<string, number> | undefined,
    prepare: PrepareEvents,
  ): Promise<boolean>;
  endUpdate(request: EndRequest): Promise<EndOutcome>;

  /** Compressed content of a version; without a number, of the newest. */
  findContent(stackId: string, version?: number): Promise<Buffer | undefined>;
  /** Compressed content of the version that an update made. */
  findUpdateContent(updateId: string): Promise<Buffer | undefined>;
  /** What a running update has written so far; `undefined` when it has written nothing. */
  readWritten(updateId: string): Promise<WrittenRows | undefined>;
  importContent(request: ImportRequest): Promise<ImportOutcome>;

  record(line: AuditLine): Promise<void>;
  /** Updates whose lease is over and that nobody has ended. */
  findOrphans(limit: number): Promise<string[]>;
  /** Bounds what is kept. */
  retain(limits: RetentionLimits): Promise<Retained>;
}

export interface RetentionLimits {
  versions: number;
  days: number;
  /** Deleted stacks can be brought back for so long. */
  deletedDays: number;
  /** An update that was created and never started is rubbish after this. */
  unstartedMinutes: number;
}

export interface Retained {
  versions: number;
  contents: number;
  updates: number;
  stacks: number;
}
