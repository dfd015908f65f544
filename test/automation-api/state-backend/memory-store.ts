import type {
  EndOutcome,
  EndRequest,
  ImportOutcome,
  ImportRequest,
  NewUpdate,
  StackRow,
  StateStore,
  UpdateRow,
  WrittenRows,
} from "../../../automation-api/state-backend/store.ts";

interface HeldStack extends Omit<StackRow, "active"> {
  activeId: string | null;
  versions: Map<number, Buffer>;
}

interface HeldUpdate extends UpdateRow {
  lease: Buffer | null;
  expiresAt: Date;
  journal: Map<number, string>;
  upload: Buffer | null;
  eventBatches: Set<number>;
}

/**
 * The store as in-process maps, durable nowhere: what the protocol costs
 * without a database. It does what one organization with one server needs for a
 * bench; renames, deletes and retention are left to the real one.
 */
export function createMemoryStore(organization: { id: string; name: string }): StateStore {
  const stacks = new Map<string, HeldStack>();
  const updates = new Map<string, HeldUpdate>();
  const byId = (id: string) => [...stacks.values()].find((stack) => stack.id === id) as HeldStack;
  const keyOf = (project: string, name: string) => `${project}/${name}`;
  const isLive = (update: HeldUpdate) => update.state === "running" && update.expiresAt > new Date();
  const holder = (updateId: string, hash: Buffer) => {
    const update = updates.get(updateId);
    return update?.lease?.equals(hash) && isLive(update) ? update : undefined;
  };
  const unsupported = () => Promise.reject(new Error("The store of maps does not do this."));

  function row(stack: HeldStack): StackRow {
    const active = updates.get(stack.activeId ?? "");
    return {
      ...stack,
      active: active ? { ...active, startedAt: active.startedAt as Date, isLive: isLive(active) } : null,
    };
  }

  function insert(update: NewUpdate, state: UpdateRow["state"], version: number | null): HeldUpdate {
    const held: HeldUpdate = {
      ...update,
      organizationId: organization.id,
      organization: organization.name,
      deploymentId: update.deployment?.id ?? null,
      state,
      version,
      resourceChanges: null,
      resourceCount: null,
      faults: [],
      startedAt: null,
      endedAt: null,
      lease: null,
      expiresAt: new Date(0),
      journal: new Map(),
      upload: null,
      eventBatches: new Set(),
    };
    updates.set(update.id, held);
    return held;
  }

  function written(update: HeldUpdate): WrittenRows {
    const stack = byId(update.stackId);
    return {
      stackId: stack.id,
      names: { organization: organization.name, project: stack.project, stack: stack.name },
      base: stack.versions.get((update.version ?? 0) - 1) ?? null,
      entries: [...update.journal.values()],
      upload: update.upload,
      engineVersion: update.environment["pulumi.version"] ?? null,
      now: new Date(),
    };
  }

  async function endUpdate({ updateId, right, state, fold }: EndRequest): Promise<EndOutcome> {
    const update = updates.get(updateId);
    if (!update) return { kind: "unknown" };
    if (right.by === "lease" && !update.lease?.equals(right.hash)) return { kind: "lost" };
    if (update.state !== "created" && update.state !== "running")
      return { kind: "already", state: update.state };
    const stack = byId(update.stackId);
    const find = async (_organization: string, project: string, name: string) =>
      stacks.get(keyOf(project, name))?.id;
    const folded = update.version === null ? null : await fold(written(update), find);
    Object.assign(update, {
      state: folded?.state ?? state,
      faults: folded?.faults ?? [],
      endedAt: new Date(),
    });
    if (folded && update.version !== null) {
      stack.versions.set(update.version, folded.content.bytes);
      stack.version = update.version;
      stack.activeId = null;
      update.resourceCount = folded.content.resourceCount;
      update.journal.clear();
    }
    return { kind: "ended", folded };
  }

  async function importContent({ stackId, update, content }: ImportRequest): Promise<ImportOutcome> {
    const stack = byId(stackId);
    const version = ++stack.version;
    insert(update, "succeeded", version);
    stack.versions.set(version, content.bytes);
    return { kind: "published", version };
  }

  return {
    findProject: async (_id, name) =>
      [...stacks.values()].some((stack) => stack.project === name) ? name : undefined,
    findNames: async (id) => {
      const stack = byId(id);
      return { organization: organization.name, project: stack.project, stack: stack.name };
    },
    findStack: async (_id, project, name) => {
      const stack = stacks.get(keyOf(project, name));
      return stack && row(stack);
    },
    listStacks: async () =>
      [...stacks.values()].map(({ project, name }) => ({
        project,
        name,
        lastUpdate: null,
        resourceCount: null,
      })),
    createStack: async ({ id, project, name, tags }) => {
      if (stacks.has(keyOf(project, name))) return false;
      stacks.set(keyOf(project, name), {
        id,
        name,
        project,
        projectId: project,
        organizationId: organization.id,
        organization: organization.name,
        tags,
        version: 0,
        activeId: null,
        versions: new Map(),
      });
      return true;
    },
    replaceTags: async (id, tags) => {
      byId(id).tags = tags;
    },
    renameStack: unsupported,
    deleteStack: unsupported,
    undeleteStack: unsupported,
    createUpdate: async (update) => Boolean(insert(update, "created", null)),
    startUpdate: async (lease) => {
      const stack = byId(lease.stackId);
      const update = updates.get(lease.updateId);
      if (!update) return { kind: "unknown" };
      const active = row(stack).active;
      if (!update.dryRun && active?.isLive) return { kind: "busy", active };
      const version = update.dryRun ? null : stack.version + 1;
      const expiresAt = new Date(Date.now() + lease.seconds * 1000);
      Object.assign(update, {
        state: "running",
        version,
        lease: lease.hash,
        expiresAt,
        startedAt: new Date(),
      });
      if (!update.dryRun) Object.assign(stack, { activeId: update.id, tags: lease.tags ?? stack.tags });
      return { kind: "started", version: version ?? stack.version, expiresAt };
    },
    findUpdate: async (_stackId, id) => updates.get(id),
    history: async (stackId, limit, offset) =>
      [...updates.values()]
        .filter((update) => update.stackId === stackId && update.version !== null)
        .reverse()
        .slice(offset, offset + limit),
    renewLease: async (id, hash, seconds) => {
      const update = holder(id, hash);
      if (update) update.expiresAt = new Date(Date.now() + seconds * 1000);
      return update?.expiresAt;
    },
    appendJournal: async (id, hash, entries) => {
      const update = holder(id, hash);
      for (const { sequence, text } of entries) {
        if (update && !update.journal.has(sequence)) update.journal.set(sequence, text);
      }
      return update !== undefined;
    },
    putUpload: async (id, hash, content) => {
      const update = holder(id, hash);
      if (update) update.upload = content.bytes;
      return update !== undefined;
    },
    appendEvents: async (id, hash, events, changes) => {
      const update = holder(id, hash);
      update?.eventBatches.add(events[0]?.sequence ?? 0);
      if (update && changes) update.resourceChanges = changes;
      return update !== undefined;
    },
    endUpdate,
    findContent: async (stackId, version) => {
      const stack = byId(stackId);
      return stack.versions.get(version ?? stack.version);
    },
    findUpdateContent: async (id) => {
      const update = updates.get(id);
      return update && byId(update.stackId).versions.get(update.version ?? 0);
    },
    readWritten: async (id) => {
      const update = updates.get(id);
      return update && written(update);
    },
    importContent,
    record: async () => {},
    findOrphans: async () => [],
    retain: unsupported,
  };
}
