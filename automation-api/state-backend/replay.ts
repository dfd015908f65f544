import { resolveAliases } from "./aliases.ts";
import { type Checkpoint, type ResourceState, type StateBody, unstampedManifest } from "./checkpoint.ts";
import { dropDanglingReferences } from "./dangling.ts";
import { featuresOf } from "./features.ts";
import type { Fault } from "./integrity.ts";
import { entryKind, inSequence, type JournalEntry } from "./journal.ts";

export interface Replay {
  checkpoint: Checkpoint;
  /** References of the journal that lead nowhere, and aliases that two resources claim. */
  faults: Fault[];
}

/**
 * The state that an update has reached: the state it started from with its
 * journal applied. Pure; order of arrival and duplicates do not matter, and a
 * prefix of a journal gives the state as of that moment.
 */
export function replay(base: Checkpoint, entries: readonly JournalEntry[]): Replay {
  const fold = new Fold(base);
  for (const entry of inSequence(entries)) fold.apply(entry);
  return fold.result();
}

/** A resource of this update: where its operation put it, and whether a later one took it out again. */
interface Slot {
  state: ResourceState;
  removed: boolean;
}

/** What this update says about one resource of the base. */
interface Mark {
  removed?: boolean;
  replacedBy?: ResourceState;
  delete?: boolean;
  pendingReplacement?: boolean;
}

class Fold {
  private base: StateBody | null;
  private carriedFeatures: readonly string[];
  private slots: Slot[] = [];
  private slotOf = new Map<number, Slot>();
  private marks = new Map<number, Mark>();
  private open = new Map<number, JournalEntry>();
  private extensions: Record<string, unknown> = {};
  private hasRefresh = false;
  private hasByteStrings = false;
  private faults: Fault[] = [];

  constructor(base: Checkpoint) {
    this.base = base.deployment;
    this.carriedFeatures = base.features ?? [];
  }

  apply(entry: JournalEntry): void {
    if (entry.requiresByteString) this.hasByteStrings = true;
    switch (entry.kind) {
      case entryKind.begin:
        this.open.set(entry.operationID, entry);
        break;
      case entryKind.success:
        this.open.delete(entry.operationID);
        this.succeed(entry);
        break;
      case entryKind.failure:
        this.open.delete(entry.operationID);
        break;
      case entryKind.refreshSuccess:
        this.open.delete(entry.operationID);
        this.hasRefresh = true;
        this.putInPlace(entry, entry.state);
        break;
      case entryKind.outputs:
        if (entry.state) this.putInPlace(entry, entry.state);
        break;
      case entryKind.write:
        this.base = entry.newSnapshot ?? this.base;
        break;
      case entryKind.secretsManager:
        this.base = { ...this.body(), secrets_providers: entry.secretsProvider };
        break;
      case entryKind.snippets:
        this.base = { ...this.body(), snippets: entry.snippets };
        break;
      case entryKind.rebuiltBaseState:
        this.rebase();
        break;
      case entryKind.extensionParameterize:
        if (entry.extensionRef) this.extensions[entry.extensionRef] = entry.extension;
        break;
      default:
        this.faults.push({
          rule: "entry-kind",
          message: `Journal entry ${entry.sequenceID} has the unknown kind ${entry.kind}.`,
        });
    }
  }

  private succeed(entry: JournalEntry): void {
    if (entry.isRefresh) this.hasRefresh = true;
    if (entry.state) {
      const slot = { state: entry.state, removed: false };
      this.slots.push(slot);
      this.slotOf.set(entry.operationID, slot);
    }
    if (entry.removeOld != null) this.mark(entry, entry.removeOld, { removed: true });
    if (entry.deleteOld != null) this.mark(entry, entry.deleteOld, { delete: true });
    if (entry.pendingReplacementOld != null) {
      this.mark(entry, entry.pendingReplacementOld, { pendingReplacement: true });
    }
    if (entry.removeNew != null) this.change(entry, entry.removeNew, (slot) => ({ ...slot, removed: true }));
    if (entry.deleteNew != null) this.changeState(entry, entry.deleteNew, { delete: true });
    if (entry.pendingReplacementNew != null) {
      this.changeState(entry, entry.pendingReplacementNew, { pendingReplacement: true });
    }
  }

  /** Gives a resource a new state where it stands; without a state it is gone. */
  private putInPlace(entry: JournalEntry, state: ResourceState | null | undefined): void {
    if (entry.removeOld != null) {
      this.mark(entry, entry.removeOld, state ? { replacedBy: state } : { removed: true });
    }
    if (entry.removeNew != null) {
      this.change(entry, entry.removeNew, (slot) =>
        state ? { ...slot, state } : { ...slot, removed: true },
      );
    }
  }

  private mark(entry: JournalEntry, position: number, mark: Mark): void {
    if (position < 0 || position >= (this.base?.resources ?? []).length) {
      this.faults.push(leadsNowhere(entry, `position ${position} of the base state`));
      return;
    }
    this.marks.set(position, { ...this.marks.get(position), ...mark });
  }

  private changeState(entry: JournalEntry, operation: number, fields: Partial<ResourceState>): void {
    this.change(entry, operation, (slot) => ({ ...slot, state: { ...slot.state, ...fields } }));
  }

  private change(entry: JournalEntry, operation: number, change: (slot: Slot) => Slot): void {
    const slot = this.slotOf.get(operation);
    if (slot) Object.assign(slot, change(slot));
    else this.faults.push(leadsNowhere(entry, `operation ${operation}, which added no resource`));
  }

  /** From here on, positions refer to the state as it is now (a refresh has ended). */
  private rebase(): void {
    this.base = this.build();
    this.slots = [];
    this.slotOf = new Map();
    this.marks = new Map();
    this.open = new Map();
    this.extensions = {};
  }

  private body(): StateBody {
    return this.base ?? { manifest: unstampedManifest };
  }

  private build(): StateBody {
    const base = this.body();
    let resources = [
      ...this.slots.filter((slot) => !slot.removed).map((slot) => slot.state),
      ...(base.resources ?? []).flatMap((resource, position) => carry(resource, this.marks.get(position))),
    ];
    if (this.hasRefresh) resources = dropDanglingReferences(resources);
    const opened = [...this.open.values()].flatMap((entry) => entry.operation ?? []);
    // A create that was interrupted earlier stays until a person or a look-up says what became of it.
    const interrupted = (base.pending_operations ?? []).filter((operation) => operation.type === "creating");
    const extensions = { ...this.extensions, ...base.extensions };
    const { body, conflicts } = resolveAliases({
      manifest: base.manifest,
      ...(base.secrets_providers ? { secrets_providers: base.secrets_providers } : {}),
      ...(resources.length > 0 ? { resources } : {}),
      ...(opened.length + interrupted.length > 0 ? { pending_operations: [...opened, ...interrupted] } : {}),
      metadata: base.metadata ?? {},
      ...((base.snippets ?? []).length > 0 ? { snippets: base.snippets } : {}),
      ...(Object.keys(extensions).length > 0 ? { extensions } : {}),
    });
    for (const alias of conflicts) {
      this.faults.push({
        rule: "alias-conflict",
        urn: alias,
        message: `Two resources have the alias ${alias}.`,
      });
    }
    return body;
  }

  result(): Replay {
    const body = this.build();
    const features = featuresOf(body, this.carriedFeatures, this.hasByteStrings);
    const checkpoint: Checkpoint =
      features.length > 0 ? { version: 4, features, deployment: body } : { version: 3, deployment: body };
    return { checkpoint, faults: this.faults };
  }
}

function carry(resource: ResourceState, mark: Mark | undefined): ResourceState[] {
  if (!mark) return [resource];
  // A resource can be refreshed in place and deleted afterwards: being gone wins.
  if (mark.removed) return [];
  if (mark.replacedBy) return [mark.replacedBy];
  return [
    {
      ...resource,
      ...(mark.pendingReplacement ? { pendingReplacement: true } : {}),
      ...(mark.delete ? { delete: true } : {}),
    },
  ];
}

function leadsNowhere(entry: JournalEntry, what: string): Fault {
  return { rule: "journal-reference", message: `Journal entry ${entry.sequenceID} refers to ${what}.` };
}
