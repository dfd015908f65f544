import { createHash } from "node:crypto";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { tryLock } from "../../service/lock.ts";
import { makeServicesFolder } from "../../service/place.ts";
import { hasTable, load } from "./nft.ts";
import { noTable } from "./plan.ts";

const lockMilliseconds = 5_000;
const pollMilliseconds = 10;
const lookMilliseconds = 2_000;

export interface TableOptions {
  dataFolder: string;
  /** Tells it from the other tables of these sessions. */
  kind: "processes" | "containers";
  /** The rules as they should be now, from what is kept on disk; undefined: none are needed. */
  rules(name: string): string | undefined;
}

/**
 * A table of the kernel's firewall that follows what is on disk. Any number of processes may keep the same one: who
 * sets it reads and sets alone, so that none puts back what was before.
 */
export class FirewallTable {
  /** Of these sessions alone: other servers on this machine have their own. */
  readonly name: string;
  readonly #options: TableOptions;
  #next: Promise<void> | undefined;
  #now: Promise<unknown> = Promise.resolve();
  #loaded: string | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(options: TableOptions) {
    this.#options = options;
    const digest = createHash("sha256").update(options.dataFolder).digest("hex");
    this.name = `roost_${digest.slice(0, 12)}_${options.kind}`;
  }

  /** Sets the rules as what is on disk wants them by now; those who ask together have it done once. */
  apply(): Promise<void> {
    this.#next ??= this.#now.then(() => {
      this.#next = undefined;
      const work = this.#set();
      this.#now = work.catch(() => undefined);
      return work;
    });
    return this.#next;
  }

  /** Puts back what somebody else removed, and follows what changed on disk; to be asked often. */
  async keep(): Promise<void> {
    if (performance.now() - this.#lookedAt < lookMilliseconds) return;
    const isFirst = this.#lookedAt === Number.NEGATIVE_INFINITY;
    this.#lookedAt = performance.now();
    const rules = this.#options.rules(this.name);
    // Nothing to keep, and what one before may have left was looked for.
    if (!isFirst && rules === undefined && this.#loaded === undefined) return;
    const isRight = rules === this.#loaded && (await hasTable(this.name)) === (rules !== undefined);
    if (!isRight) await this.apply();
  }

  async #set(): Promise<void> {
    const release = await this.#lock();
    try {
      const rules = this.#options.rules(this.name);
      await load(rules ?? noTable(this.name));
      this.#loaded = rules;
    } finally {
      release();
    }
  }

  async #lock(): Promise<() => unknown> {
    const path = join(makeServicesFolder(this.#options.dataFolder), `.firewall-${this.#options.kind}`);
    const deadline = performance.now() + lockMilliseconds;
    for (;;) {
      const release = tryLock(path);
      if (release) return release;
      if (performance.now() > deadline) throw new Error("The firewall is being set by somebody else.");
      await delay(pollMilliseconds);
    }
  }
}
