export type ChangeKind = "removed" | "changed" | "created" | "touched";

/** One path that an action would make otherwise. */
export interface Change {
  kind: ChangeKind;
  /** As `find` says it: f file, d folder, l link … */
  type: string;
  bytes: number;
  /** On the disk. */
  allocatedBytes: number;
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
  const found = /^(removed|changed|created|touched) (.) (\d+) (\d+) (\d+) (\d+) (\/.*)$/s.exec(line);
  if (!found) return undefined;
  const [, kind, type = "", bytes, blocks, links, inode = "", path = ""] = found;
  return {
    kind: kind as ChangeKind,
    type,
    bytes: type === "d" ? 0 : Number(bytes),
    allocatedBytes: Number(blocks) * 512,
    links: Number(links),
    inode,
    path,
  };
}

export interface FreedBytes {
  apparentBytes: number;
  allocatedBytes: number;
}

/** What the removed files hold; one with several names counts once, and only when all its names go. Pure. */
export function freedBytes(changes: Change[]): FreedBytes {
  const names = new Map<string, number>();
  const sum = { apparentBytes: 0, allocatedBytes: 0 };
  for (const { kind, type, bytes, allocatedBytes, links, inode } of changes) {
    if (kind !== "removed") continue;
    const gone = (names.get(inode) ?? 0) + 1;
    names.set(inode, gone);
    if (type !== "d" && gone < links) continue;
    sum.apparentBytes += bytes;
    sum.allocatedBytes += allocatedBytes;
  }
  return sum;
}
