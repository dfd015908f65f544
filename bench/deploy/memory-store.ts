import type { Content } from "../../automation-api/state-backend/content.ts";
import type {
  ActiveUpdate,
  AuditLine,
  EndOutcome,
  EndRequest,
  EndRight,
  EngineEventRow,
  Folded,
  ImportOutcome,
  ImportRequest,
  NewLease,
  NewUpdate,
  ResourceRow,
  StackRow,
  StartOutcome,
  StateStore,
  UpdateRow,
  UpdateState,
  WrittenRows,
} from "../../automation-api/state-backend/store.ts";

interface Version {
  content: Content;
  resources: ResourceRow[];
}

interface Stack {
  row: Omit<StackRow, "version" | "active">;
  /** By number, from 1. */
  versions: Map<number, Version>;
  version: number;
  active: Update | undefined;
  /** Ends of updates take turns, as a locked row makes them. */
  turn: Promise<unknown>;
}

interface Update extends Omit<NewUpdate, "deployment"> {
  deploymentId: string | null;
  state: UpdateState;
  version: number | null;
  baseVersion: number | null;
  lease?: { hash: Buffer; expiresAt: Date };
  entries: Map<number, string>;
  upload: Content | null;
  events: Map<number, EngineEventRow>;
  changes: Record<string, number> | null;
  faults: Folded["faults"];
  startedAt: Date | null;
  endedAt: Date | null;
}

/** What an update's client had sent when it ended. */
export interface Recording {
  environment: Record<string, string>;
  config: NewUpdate["config"];
  /** JSON, in sequence order. */
  entries: string[];
  events: unknown[];
}

export interface MemoryStore extends StateStore {
  /** The stack's last update that ended; `undefined` before the first. */
  lastUpdate(project: string, stack: string): Recording | undefined;
}

/**
 * The state store in maps of this process, to tell what durability costs: same
 * outcomes, nothing on disk. Which stacks there are stays with `named`, where the
 * API makes them; all that updates do to a stack is kept here and lost with the process.
 */
export function createMemoryStore(named: StateStore): MemoryStore {
  const stacks = new Map<string, Stack>();
  const updates = new Map<string, Update>();
  const ended = new Map<string, Update>();
  const audit: AuditLine[] = [];

  async function stackOf(organizationId: string, project: string, name: string): Promise<Stack | undefined> {
    const known = [...stacks.values()].find(
      ({ row }) => row.organizationId === organizationId && row.project === project && row.name === name,
    );
    if (known) return known;
    const row = await named.findStack(organizationId, project, name);
    if (!row) return undefined;
    const stack = stacks.get(row.id) ?? {
      row,
      versions: new Map(),
      version: 0,
      active: undefined,
      turn: Promise.resolve(),
    };
    stacks.set(row.id, stack);
    return stack;
  }

  function rowOf(update: Update): UpdateRow {
    const { organizationId, organization } = stacks.get(update.stackId)!.row;
    const { lease, entries, upload, events, changes, baseVersion, ...row } = update;
    const count = stacks.get(update.stackId)?.versions.get(update.version ?? 0)?.content.resourceCount;
    return { ...row, organizationId, organization, resourceChanges: changes, resourceCount: count ?? null };
  }

  function publish(stack: Stack, version: number, published: Version): void {
    stack.versions.set(version, published);
    stack.version = version;
    stack.active = undefined;
  }

  function written(update: Update): WrittenRows {
    const { row, versions } = stacks.get(update.stackId)!;
    return {
      stackId: update.stackId,
      names: { organization: row.organization, project: row.project, stack: row.name },
      base: versions.get(update.baseVersion ?? 0)?.content.bytes ?? null,
      entries: [...update.entries].sort(([a], [b]) => a - b).map(([, text]) => text),
      upload: update.upload?.bytes ?? null,
      engineVersion: update.environment["pulumi.version"] ?? null,
      now: new Date(),
    };
  }

  async function end(update: Update, request: EndRequest): Promise<EndOutcome> {
    const refusal = refuse(update, request.right);
    if (refusal) return refusal;
    const stack = stacks.get(update.stackId)!;
    const { organizationId } = stack.row;
    const { state } = update;
    // From here on every write of the update is refused, also while the fold is under way.
    update.state = request.state;
    const find = async (_organization: string, project: string, name: string) =>
      (await stackOf(organizationId, project, name))?.row.id;
    const fold = async () => (update.version === null ? null : request.fold(written(update), find));
    const folded = await fold().catch((error) => {
      update.state = state;
      throw error;
    });
    update.state = folded?.state ?? request.state;
    update.faults = folded?.faults ?? [];
    update.endedAt = new Date();
    if (request.right.by !== "lease") update.lease = undefined;
    if (folded) publish(stack, update.version!, folded);
    audit.push(...request.audit(rowOf(update), update.state));
    ended.get(update.stackId)?.entries.clear();
    ended.set(update.stackId, update);
    return { kind: "ended", folded };
  }

  return {
    findProject: named.findProject,
    listStacks: named.listStacks,
    createStack: async (stack, initial, lines) => {
      if (initial) throw unserved("a stack that begins with a state");
      return named.createStack(stack, undefined, lines);
    },
    replaceTags: async (stackId, tags) => {
      stacks.get(stackId)!.row.tags = tags;
    },
    deleteStack: async (stackId, force, lines) => {
      const stack = stacks.get(stackId);
      const hindrance = stack && hindranceOf(stack);
      if (hindrance) return hindrance;
      if (!force && (stack?.versions.get(stack.version)?.content.resourceCount ?? 0) > 0)
        return { kind: "notEmpty" };
      const outcome = await named.deleteStack(stackId, force, lines);
      if (outcome.kind === "deleted") stacks.delete(stackId);
      return outcome;
    },
    renameStack: () => Promise.reject(unserved("rename")),
    undeleteStack: () => Promise.reject(unserved("undelete")),
    retain: () => Promise.reject(unserved("retention")),

    async findNames(stackId) {
      const row = stacks.get(stackId)?.row;
      return row
        ? { organization: row.organization, project: row.project, stack: row.name }
        : named.findNames(stackId);
    },
    async findStack(organizationId, project, name) {
      const stack = await stackOf(organizationId, project, name);
      return (
        stack && { ...stack.row, version: stack.version, active: stack.active ? held(stack.active) : null }
      );
    },

    async createUpdate(update) {
      updates.set(update.id, opened(update));
      return true;
    },
    async startUpdate(lease: NewLease, lines): Promise<StartOutcome> {
      const stack = stacks.get(lease.stackId);
      const update = updates.get(lease.updateId);
      if (!stack || !update) return { kind: "unknown" };
      if (update.state !== "created") return { kind: "notStartable", state: update.state };
      const hindrance = update.dryRun ? undefined : hindranceOf(stack);
      if (hindrance) return hindrance;
      const expiresAt = new Date(Date.now() + lease.seconds * 1000);
      update.state = "running";
      update.startedAt = new Date();
      update.lease = { hash: lease.hash, expiresAt };
      if (!update.dryRun) {
        update.version = stack.version + 1;
        update.baseVersion = stack.version;
        stack.active = update;
        stack.row.tags = lease.tags ?? stack.row.tags;
      }
      audit.push(...lines(rowOf(update)));
      return { kind: "started", version: stack.version + (update.dryRun ? 0 : 1), expiresAt };
    },
    async findUpdate(stackId, updateId) {
      const update = updates.get(updateId);
      return update?.stackId === stackId ? rowOf(update) : undefined;
    },
    async history(stackId, limit, offset) {
      const own = [...updates.values()].filter(
        (update) => update.stackId === stackId && update.version !== null,
      );
      return own
        .sort((a, b) => b.version! - a.version!)
        .slice(offset, offset + limit)
        .map(rowOf);
    },

    async renewLease(updateId, hash, seconds) {
      const update = updates.get(updateId);
      if (!update?.lease || !holds(update, hash)) return undefined;
      update.lease.expiresAt = new Date(Date.now() + seconds * 1000);
      return update.lease.expiresAt;
    },
    async appendJournal(updateId, hash, entries) {
      const update = updates.get(updateId);
      if (!update || !holds(update, hash)) return false;
      for (const { sequence, text } of entries) {
        if (!update.entries.has(sequence)) update.entries.set(sequence, text);
      }
      return true;
    },
    async putUpload(updateId, hash, content) {
      const update = updates.get(updateId);
      if (!update || !holds(update, hash)) return false;
      update.upload = content;
      return true;
    },
    async appendEvents(updateId, hash, events, changes) {
      const update = updates.get(updateId);
      if (!update || !holds(update, hash)) return false;
      if (update.deploymentId === null) for (const event of events) update.events.set(event.sequence, event);
      update.changes = changes ?? update.changes;
      return true;
    },
    async endUpdate(request) {
      const update = updates.get(request.updateId);
      if (!update) return { kind: "unknown" };
      const stack = stacks.get(update.stackId)!;
      const outcome = stack.turn.then(() => end(update, request));
      stack.turn = outcome.catch(() => undefined);
      return outcome;
    },

    async findContent(stackId, version) {
      const stack = stacks.get(stackId);
      return stack?.versions.get(version ?? stack.version)?.content.bytes;
    },
    async findUpdateContent(updateId) {
      const update = updates.get(updateId);
      return stacks.get(update?.stackId ?? "")?.versions.get(update?.version ?? 0)?.content.bytes;
    },
    async readWritten(updateId) {
      const update = updates.get(updateId);
      return update && written(update);
    },
    async importContent(request: ImportRequest): Promise<ImportOutcome> {
      const stack = stacks.get(request.stackId)!;
      const hindrance = hindranceOf(stack);
      if (hindrance) return hindrance;
      const version = stack.version + 1;
      const now = new Date();
      const update = { ...opened(request.update), startedAt: now, endedAt: now };
      updates.set(update.id, { ...update, state: "succeeded", version });
      publish(stack, version, request);
      audit.push(...request.audit);
      return { kind: "published", version: stack.version };
    },

    async record(line) {
      audit.push(line);
    },
    async findOrphans(limit) {
      const over = [...updates.values()].filter((update) => update.state === "running" && !isLive(update));
      return over.slice(0, limit).map(({ id }) => id);
    },

    lastUpdate(project, name) {
      const stack = [...stacks.values()].find(({ row }) => row.project === project && row.name === name);
      const update = ended.get(stack?.row.id ?? "");
      if (!update) return undefined;
      const events = [...update.events.values()].sort((a, b) => a.sequence - b.sequence);
      return {
        environment: update.environment,
        config: update.config,
        entries: written(update).entries,
        events: events.map(({ data }) => data),
      };
    },
  };
}

function opened({ deployment, ...update }: NewUpdate): Update {
  return {
    ...update,
    deploymentId: deployment?.id ?? null,
    state: "created",
    version: null,
    baseVersion: null,
    entries: new Map(),
    upload: null,
    events: new Map(),
    changes: null,
    faults: [],
    startedAt: null,
    endedAt: null,
  };
}

function isLive(update: Update): boolean {
  return update.lease !== undefined && update.lease.expiresAt.getTime() > Date.now();
}

function holds(update: Update, hash: Buffer): boolean {
  return update.state === "running" && isLive(update) && update.lease?.hash.equals(hash) === true;
}

function held(update: Update): ActiveUpdate {
  const { id, kind, requester, deploymentId, startedAt } = update;
  return { id, kind, requester, deploymentId, startedAt: startedAt!, isLive: isLive(update) };
}

function hindranceOf({ active }: Stack): Extract<StartOutcome, { kind: "busy" | "orphan" }> | undefined {
  if (!active) return undefined;
  return isLive(active) ? { kind: "busy", active: held(active) } : { kind: "orphan", updateId: active.id };
}

function refuse(update: Update, right: EndRight): EndOutcome | undefined {
  const isOpen = update.state === "created" || update.state === "running";
  if (right.by === "lease") {
    if (!update.lease?.hash.equals(right.hash)) return { kind: "lost" };
    if (!isOpen) return { kind: "already", state: update.state };
    return isLive(update) ? undefined : { kind: "lost" };
  }
  const isAlready = !isOpen || (right.by === "expiry" && (update.state === "created" || isLive(update)));
  return isAlready ? { kind: "already", state: update.state } : undefined;
}

function unserved(what: string): Error {
  return new Error(`The store in memory is for create, no-op and destroy; it has no ${what}.`);
}
