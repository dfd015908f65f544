export type ChangeKind = "removed" | "changed" | "created" | "touched";

/** One path that an action would make otherwise. */
export interface Change {
  kind: ChangeKind;
  /** As `find` says it: f file, d folder, l link … */
  type: string;
  bytes: number;
  /** On the disk. */
  allocatedBytes: number;
  /** The same before the action; 0 for what was not there. */
  before: { bytes: number; allocatedBytes: number };
  links: number;
  inode: string;
  path: string;
}

export interface Rehearsal {
  changes: Change[];
  /** SHA-256 of what the action builds on. */
  expected: string;
}

/**
 * What rehearse.sh printed. Pure.
 * @returns undefined when it is not whole, or has a path that is no UTF-8 and could not be named exactly.
 */
export function readRehearsal(output: Buffer): Rehearsal | undefined {
  const text = output.toString("utf8");
  const records = text.split("\0");
  if (records.pop() !== "" || text.includes("\uFFFD")) return undefined;
  const [, expected] = /^expected ([0-9a-f]{64})$/.exec(records.pop() ?? "") ?? [];
  const changes = records.map(readChange);
  if (expected === undefined || changes.includes(undefined)) return undefined;
  return { changes: changes as Change[], expected };
}

function readChange(line: string): Change | undefined {
  const found = /^(removed|changed|created|touched) (.) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\/.*)$/s.exec(
    line,
  );
  if (!found) return undefined;
  const [, kind, type = "", bytes, blocks, links, inode = "", held, heldBlocks, path = ""] = found;
  const sizes = (apparent: unknown, allocated: unknown) => ({
    bytes: type === "d" ? 0 : Number(apparent),
    allocatedBytes: Number(allocated) * 512,
  });
  return {
    kind: kind as ChangeKind,
    type,
    ...sizes(bytes, blocks),
    before: sizes(held, heldBlocks),
    links: Number(links),
    inode,
    path,
  };
}

export interface FreedBytes {
  apparentBytes: number;
  allocatedBytes: number;
}

/**
 * What the host has more room by: what is removed, less what other files grow by. A removed file with several names
 * counts once, and only when all its names go. Folders are told on the disk only. Pure.
 */
export function freedBytes(changes: Change[]): FreedBytes {
  const names = new Map<string, number>();
  const sum = { apparentBytes: 0, allocatedBytes: 0 };
  for (const { kind, type, bytes, allocatedBytes, before, links, inode } of changes) {
    if (kind === "removed") {
      const gone = (names.get(inode) ?? 0) + 1;
      names.set(inode, gone);
      if (type !== "d" && gone < links) continue;
      sum.apparentBytes += bytes;
      sum.allocatedBytes += allocatedBytes;
    } else if (type !== "d") {
      sum.apparentBytes += before.bytes - bytes;
      sum.allocatedBytes += before.allocatedBytes - allocatedBytes;
    }
  }
  return sum;
}
