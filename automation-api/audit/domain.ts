import { hash } from "node:crypto";

/** An audit row in the form that is hashed: what the database shows, as text. */
export interface ChainRow {
  auditId: string;
  organizationId: string;
  /** RFC 3339 in UTC with microseconds. */
  at: string;
  actorId: string;
  actor: string;
  action: string;
  object: string;
  phase: string;
  requestId: string | null;
  result: string | null;
  /** The stored JSON text, byte for byte. */
  detail: string;
}

/** Before the first row. */
export const noHash: Buffer = Buffer.alloc(32);

/** Hash of a row at its place in the chain: SHA-256 over a list of its fields in fixed order. */
export function chainHash(sequence: string, previous: Buffer, row: ChainRow): Buffer {
  const fields = [
    sequence,
    previous.toString("hex"),
    row.auditId,
    row.organizationId,
    row.at,
    row.actorId,
    row.actor,
    row.action,
    row.object,
    row.phase,
    row.requestId,
    row.result,
    row.detail,
  ];
  return hash("sha256", JSON.stringify(fields), "buffer");
}

export interface SealedRow {
  sequence: string;
  previousHash: Buffer;
  hash: Buffer;
  /** Null when the audit row that was sealed is gone. */
  row: ChainRow | null;
}

export type FaultKind = "edited" | "gap" | "missing" | "cut-tail" | "restamped" | "bad-signature";

export interface ChainFault {
  kind: FaultKind;
  /** Place in the chain of the first bad row. */
  sequence: string;
  /** Its id, where there still is one. */
  auditId: string | null;
  message: string;
}

/** The head of a chain that was signed and kept outside the database. */
export interface Checkpoint {
  sequence: string;
  hash: Buffer;
  at: string;
}

/**
 * Walks a chain row by row, in order of sequence, beside the checkpoints of
 * its organization, in order too. Keeps only the last hash, so a chain of any
 * length can be walked.
 */
export class ChainWalk {
  #sequence = 0n;
  #hash: Buffer = noHash;
  #next = 0;
  readonly #checkpoints: Checkpoint[];
  readonly faults: ChainFault[] = [];
  readonly #most: number;

  /** @param most faults kept; the first tells where to look. */
  constructor(checkpoints: Checkpoint[], most = 10) {
    this.#checkpoints = checkpoints;
    this.#most = most;
  }

  get sequence(): string {
    return String(this.#sequence);
  }

  /** Hash of the last row, in hex. */
  get head(): string {
    return this.#hash.toString("hex");
  }

  step(sealed: SealedRow): void {
    const sequence = BigInt(sealed.sequence);
    const { row } = sealed;
    const auditId = row?.auditId ?? null;
    const fault = (kind: FaultKind, message: string) =>
      this.#fault({ kind, sequence: sealed.sequence, auditId, message });
    if (sequence !== this.#sequence + 1n)
      fault("gap", `rows ${this.#sequence + 1n} to ${sequence - 1n} are gone`);
    else if (!sealed.previousHash.equals(this.#hash)) fault("restamped", "does not follow the row before it");
    if (!row) fault("missing", "the row that was sealed here is gone");
    else if (!chainHash(sealed.sequence, sealed.previousHash, row).equals(sealed.hash)) {
      fault("edited", "the row is not what was sealed");
    }
    this.#sequence = sequence;
    this.#hash = sealed.hash;
    this.#compare(auditId);
  }

  /** Call after the last row. */
  end(): void {
    const cut = this.#checkpoints.slice(this.#next).find(({ sequence }) => BigInt(sequence) > this.#sequence);
    if (!cut) return;
    const first = String(this.#sequence + 1n);
    const message = `the chain ends at ${this.#sequence}, but reached ${cut.sequence} at ${cut.at}`;
    this.#fault({ kind: "cut-tail", sequence: first, auditId: null, message });
  }

  /** A chain that was computed anew fits in itself, but not with the heads that were signed before. */
  #compare(auditId: string | null): void {
    for (;;) {
      const checkpoint = this.#checkpoints[this.#next];
      if (!checkpoint || BigInt(checkpoint.sequence) > this.#sequence) return;
      this.#next++;
      if (BigInt(checkpoint.sequence) < this.#sequence) continue;
      if (checkpoint.hash.equals(this.#hash)) continue;
      const before = this.#checkpoints[this.#next - 2];
      const from = before ? String(BigInt(before.sequence) + 1n) : "1";
      const message = `rows ${from} to ${checkpoint.sequence} are not those whose head was signed at ${checkpoint.at}`;
      this.#fault({ kind: "restamped", sequence: from, auditId, message });
    }
  }

  #fault(fault: ChainFault): void {
    if (this.faults.length < this.#most) this.faults.push(fault);
  }
}
