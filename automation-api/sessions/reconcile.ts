import type { SessionState } from "./contract.ts";

/** What a target reports of one session, by the tag that it was started with. */
export interface FoundSession {
  /** The ledger's id; with `batch` the target's own name of what no session was bound to yet. */
  id: string;
  /** That has started it. */
  batch?: string;
  state: "starting" | "ready" | "ended";
  /** Private; known from the start on or later. */
  address: string | null;
  port: number | null;
  /** Why it ended. */
  reason?: string;
  /** Nothing of it is left to stop. */
  isReleased?: boolean;
}

/** The ledger's row of a session that lives, or that the target still has. */
export interface LedgerSession {
  id: string;
  state: SessionState;
  owner: string | null;
  address: string | null;
  port: number | null;
  /** Where it was seen before; null: nowhere yet. */
  place: string | null;
  /** Since it was told to stop, or is over. */
  secondsOver: number;
  /** Since the update that started it here has ended, where nobody has seen it so far; null: it was seen, or not started. */
  secondsUnseen: number | null;
}

export type Correction =
  /** Its workload answers: to the pool, or to the user who waits. */
  | { id: string; do: "ready"; address: string; port: number }
  /** First seen, or moved. */
  | { id: string; do: "place"; address: string | null; port: number | null }
  | { id: string; do: "fail"; reason: "exited" | "gone"; error: string }
  /** The target has what the ledger does not want. `leak`: the ledger has never heard of it, or thought it over. */
  | { id: string; do: "stop"; leak: boolean };

/** What is told to stop goes by its stack's next update; after this it is stopped beside it. */
const stopPatienceSeconds = 15;
/** What was started is in a target's lists seconds later; after this it came and went without being seen. */
const unseenPatienceSeconds = 60;

/**
 * Makes target and ledger the same set: every difference is taken over or stopped. `found` holds what carries our
 * tags, all of it; what carries none was never listed and cannot be touched. To be asked with a ledger that was read
 * after the target was: rows come before what they start.
 * @param place the target that was listed, with its machine or cluster
 * @param waiting batches of which a session was not seen yet: what they have started may still be bound to it
 */
export function reconcile(
  found: FoundSession[],
  ledger: LedgerSession[],
  place: string,
  waiting: ReadonlySet<string> = new Set(),
): Correction[] {
  const rows = new Map(ledger.map((row) => [row.id, row]));
  const seen = new Set(found.map(({ id }) => id));
  const present = found.flatMap((each): Correction[] => {
    if (each.batch === undefined) return correct(each, rows.get(each.id), place);
    const isWanted = each.isReleased === true || waiting.has(each.batch);
    return isWanted ? [] : [{ id: each.id, do: "stop", leak: true }];
  });
  const vanished = ledger.flatMap((row): Correction[] => {
    const isExpected = row.state === "starting" || row.state === "warm" || row.state === "active";
    const wasHere = row.place === place || (row.secondsUnseen ?? 0) > unseenPatienceSeconds;
    if (seen.has(row.id) || !wasHere || !isExpected) return [];
    return [{ id: row.id, do: "fail", reason: "gone", error: `${place} has it no more.` }];
  });
  return [...present, ...vanished];
}

function correct(found: FoundSession, row: LedgerSession | undefined, place: string): Correction[] {
  const { id, state, address, port, isReleased } = found;
  const isOver = row === undefined || ["stopping", "stopped", "failed"].includes(row.state);
  if (isReleased && isOver) return [];
  if (row === undefined) return [{ id, do: "stop", leak: true }];
  switch (row.state) {
    case "stopped":
    case "failed":
    case "stopping":
      if (row.secondsOver < stopPatienceSeconds) return [];
      return [{ id, do: "stop", leak: row.state === "stopped" }];
    case "requested":
    case "starting":
    case "warm":
    case "active":
      break;
  }
  if (state === "ended") return [{ id, do: "fail", reason: "exited", error: found.reason ?? "It ended." }];
  const isUnready = row.state === "requested" || row.state === "starting";
  if (isUnready && state === "ready" && address !== null && port !== null) {
    return [{ id, do: "ready", address, port }];
  }
  const isMoved = row.place !== place || (address !== null && (row.address !== address || row.port !== port));
  return isMoved ? [{ id, do: "place", address, port }] : [];
}
