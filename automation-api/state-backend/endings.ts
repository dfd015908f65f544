import type { AuditEntry } from "../audit/service.ts";
import { beginnerOf, type Parts } from "./backend.ts";
import { type Checkpoint, emptyCheckpoint, type PendingOperation } from "./checkpoint.ts";
import { decodeContent, encodeContent } from "./content.ts";
import type { JournalEntry } from "./journal.ts";
import { parseExactly } from "./json.ts";
import { resourceRows } from "./resource-rows.ts";
import { type StackNames, secretsOwner } from "./server-address.ts";
import { settle, type Written } from "./settle.ts";
import type {
  AuditLine,
  EndOutcome,
  EndRight,
  EndState,
  FindStackId,
  Folded,
  UpdateRow,
  WrittenRows,
} from "./store.ts";

/** What an update left behind when it ended. */
export interface Ending {
  outcome: EndOutcome;
  /** Operations that began and of which nobody knows how they ended. */
  open: PendingOperation[];
}

/**
 * Ends an update: folds what it wrote into the stack's next version and lets
 * go of the stack. `state` is what its client said, or what an observer says;
 * an update of which something is missing counts as failed.
 */
export async function endUpdate(
  { store }: Parts,
  updateId: string,
  right: EndRight,
  state: EndState,
  audit: (update: UpdateRow, state: EndState) => AuditLine[] = resultOf,
): Promise<Ending> {
  let open: PendingOperation[] = [];
  const outcome = await store.endUpdate({
    updateId,
    right,
    state,
    audit,
    fold: async (rows, find) => {
      const settlement = settle(await readRows(rows, find));
      open = settlement.checkpoint.deployment?.pending_operations ?? [];
      return {
        content: await encodeContent(settlement.checkpoint),
        resources: resourceRows(settlement.checkpoint),
        isPublished: settlement.isPublished,
        state: settlement.isWhole || state === "cancelled" ? state : "failed",
        faults: settlement.faults,
      } satisfies Folded;
    },
  });
  return { outcome, open };
}

/** Settles an update whose lease is over. Harmless when somebody else was faster. */
export async function settleOrphan(parts: Parts, updateId: string): Promise<void> {
  await endUpdate(parts, updateId, { by: "expiry" }, "failed");
}

export async function readRows(rows: WrittenRows, find: FindStackId): Promise<Written> {
  const entries = rows.entries.map((text) => parseExactly(text) as JournalEntry);
  const upload = rows.upload ? await decodeContent(rows.upload) : undefined;
  return {
    stackId: rows.stackId,
    base: rows.base ? await decodeContent(rows.base) : emptyCheckpoint,
    entries,
    upload,
    engineVersion: rows.engineVersion ?? "",
    now: rows.now,
    ownerIdOf: await resolver(rows, namedOwners(entries, upload), find),
  };
}

/** Every stack that something written names as the keeper of its secrets. */
function namedOwners(entries: JournalEntry[], upload: Checkpoint | undefined): StackNames[] {
  const bodies = entries.flatMap(({ newSnapshot, secretsProvider }) => [
    ...(newSnapshot ? [newSnapshot] : []),
    ...(secretsProvider
      ? [{ manifest: { time: "", magic: "", version: "" }, secrets_providers: secretsProvider }]
      : []),
  ]);
  const checkpoints = [
    ...bodies.map((deployment) => ({ version: 3, deployment })),
    ...(upload ? [upload] : []),
  ];
  return checkpoints.flatMap((checkpoint) => secretsOwner(checkpoint) ?? []);
}

/** Looks names up beforehand, so that what uses them stays pure. */
export async function resolver(
  own: { stackId: string; names: StackNames },
  named: StackNames[],
  find: FindStackId,
): Promise<(names: StackNames) => string | undefined> {
  const ids = new Map([[keyOf(own.names), own.stackId]]);
  for (const names of named) {
    if (names.organization !== own.names.organization || ids.has(keyOf(names))) continue;
    const id = await find(names.organization, names.project, names.stack);
    if (id) ids.set(keyOf(names), id);
  }
  return (names) => ids.get(keyOf(names));
}

function keyOf({ organization, project, stack }: StackNames): string {
  return `${organization}/${project}/${stack}`;
}

/** Previews change nothing, so nothing is said of them. */
function resultOf(update: UpdateRow, state: EndState): AuditLine[] {
  if (update.version === null) return [];
  const entry: AuditEntry = {
    action: `stack.${update.kind}`,
    object: update.stackId,
    phase: "result",
    result: state,
    detail: { update: update.id, version: update.version },
  };
  return [{ principal: beginnerOf(update), entry }];
}
