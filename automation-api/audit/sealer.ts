import { type Db, type Tx, transaction } from "../db/transaction.ts";
import { type ChainRow, chainHash, noHash } from "./domain.ts";
import type { Heads } from "./heads.ts";
import * as queries from "./queries.ts";

const everyMs = 1_000;
const headEveryMs = 60_000;
const batch = 5_000;

export interface SealerOptions {
  db: Db;
  heads: Heads;
  onError: (error: unknown) => void;
}

/**
 * Links committed audit rows into the chain of their organization, once per
 * second, and signs the heads once per minute. Any number may run: the one
 * that gets the lock works.
 */
export class Sealer {
  readonly #options: SealerOptions;
  /** Every row of an older transaction has its seal. Zero at start: the first pass looks at all. */
  #from = "0";
  #signed = new Map<string, string>();
  #signedAtMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;

  constructor(options: SealerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#beat(), everyMs);
  }

  /** Seals and signs what is there, and stops. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#working;
    await this.#work(true).catch(this.#options.onError);
  }

  /** Seals all that can be sealed now. @returns how many rows. */
  async seal(): Promise<number> {
    let total = 0;
    let after = "0";
    let horizon: string | undefined;
    for (;;) {
      const done = await this.#sealBatch(after);
      if (!done) return total;
      // What commits during the pass, with a lower id, is not before this horizon: the next pass finds it.
      horizon ??= done.horizon;
      total += done.rows.length;
      after = done.rows.at(-1)?.auditId ?? after;
      if (done.rows.length < batch) break;
    }
    this.#from = horizon;
    return total;
  }

  /** Signs the heads that have moved since they were signed last. */
  async sign(): Promise<void> {
    const heads = await queries.findHeads(this.#options.db);
    const moved = heads.filter((head) => this.#signed.get(head.organizationId) !== head.sequence);
    await this.#options.heads.append(moved);
    for (const head of moved) this.#signed.set(head.organizationId, head.sequence);
    this.#signedAtMs = performance.now();
  }

  #beat(): void {
    this.#working ??= this.#work(performance.now() - this.#signedAtMs >= headEveryMs)
      .catch(this.#options.onError)
      .finally(() => {
        this.#working = undefined;
      });
  }

  async #work(signToo: boolean): Promise<void> {
    await this.seal();
    if (signToo) await this.sign();
  }

  /** Undefined when another sealer is at work. */
  async #sealBatch(after: string): Promise<{ rows: ChainRow[]; horizon: string } | undefined> {
    return transaction(this.#options.db, async (tx) => {
      if (!(await queries.tryLockSealer(tx))) return undefined;
      const horizon = await queries.readHorizon(tx);
      const rows = await queries.findSealable(tx, this.#from, after, batch);
      if (rows.length > 0) await queries.insertSeals(tx, await link(tx, rows));
      return { rows, horizon };
    });
  }
}

async function link(tx: Tx, rows: ChainRow[]): Promise<queries.Seal[]> {
  const heads = new Map((await queries.findHeads(tx)).map((head) => [head.organizationId, head]));
  return rows.map((row) => {
    const { organizationId, auditId } = row;
    const head = heads.get(organizationId);
    const sequence = String(BigInt(head?.sequence ?? 0) + 1n);
    const previousHash = head?.hash ?? noHash;
    const hash = chainHash(sequence, previousHash, row);
    heads.set(organizationId, { organizationId, sequence, hash });
    return { organizationId, sequence, auditId, previousHash, hash };
  });
}
