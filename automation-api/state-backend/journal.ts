import type { PendingOperation, ResourceState, SecretsProvider, Snippet, StateBody } from "./checkpoint.ts";

/** What one journal entry says; numbers as on the wire. */
export const entryKind = {
  begin: 0,
  success: 1,
  failure: 2,
  refreshSuccess: 3,
  outputs: 4,
  write: 5,
  secretsManager: 6,
  rebuiltBaseState: 7,
  extensionParameterize: 8,
  snippets: 9,
} as const;

/**
 * One line of an update's journal. `…Old` values are positions in the state
 * that the update started from, `…New` values are operation ids of this update.
 */
export interface JournalEntry {
  kind: number;
  /** 1, 2, 3 … per update; entries may arrive in any order and more than once. */
  sequenceID: number;
  /** From 1; 0 for entries that belong to no operation. */
  operationID: number;
  removeOld?: number | null;
  removeNew?: number | null;
  pendingReplacementOld?: number | null;
  pendingReplacementNew?: number | null;
  deleteOld?: number | null;
  deleteNew?: number | null;
  state?: ResourceState | null;
  operation?: PendingOperation | null;
  isRefresh?: boolean | null;
  secretsProvider?: SecretsProvider | null;
  snippets?: Snippet[] | null;
  newSnapshot?: StateBody | null;
  extensionRef?: string | null;
  extension?: unknown;
  requiresByteString?: boolean | null;
}

/** In sequence order, each sequence once. */
export function inSequence(entries: readonly JournalEntry[]): JournalEntry[] {
  const bySequence = new Map<number, JournalEntry>();
  for (const entry of entries) {
    if (!bySequence.has(entry.sequenceID)) bySequence.set(entry.sequenceID, entry);
  }
  return [...bySequence.values()].sort((a, b) => a.sequenceID - b.sequenceID);
}

/** Sequence numbers below the highest one that never arrived. */
export function missingSequences(entries: readonly JournalEntry[]): number[] {
  const present = new Set(entries.map((entry) => entry.sequenceID));
  const highest = Math.max(0, ...present);
  if (present.size === highest) return [];
  return Array.from({ length: highest }, (_, index) => index + 1).filter(
    (sequence) => !present.has(sequence),
  );
}
