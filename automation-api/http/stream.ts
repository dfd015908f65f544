import type { Principal } from "../access/permissions.ts";
import type { Guard } from "../access/service.ts";
import { RoostError } from "../errors.ts";

/** One event of a feed, by server-sent events and by WebSocket alike. */
export interface StreamEvent {
  /** What Last-Event-ID resumes after: the sequence number. */
  id?: string;
  /** Its kind. */
  event?: string;
  data: unknown;
  /** When it was stored; gives the lag in /metrics. */
  at?: Date;
}

/** What every open stream shares: who may have how many, and who loses access. */
export interface StreamSupport {
  guard: Pick<Guard, "watch">;
  limit: StreamLimit;
  heartbeatMs: number;
  /** Aborted when the server closes: readers come back to another replica. */
  closing: AbortSignal;
  /** Told how late each event was, in seconds. */
  onDelivered: (lagSeconds: number) => void;
}

/** Open streams per account. */
export class StreamLimit {
  readonly #perAccount: number;
  readonly #open = new Map<string, number>();

  constructor(perAccount: number) {
    this.#perAccount = perAccount;
  }

  /** @returns the function that gives the place back. @throws rate_limited. */
  take(principal: Principal): () => void {
    const { accountId } = principal;
    const count = this.#open.get(accountId) ?? 0;
    if (count >= this.#perAccount) {
      throw new RoostError(
        "rate_limited",
        `You have ${count} streams open, which is the most an account may have.`,
        {
          retryAfterSeconds: 10,
        },
      );
    }
    this.#open.set(accountId, count + 1);
    let taken = true;
    return () => {
      if (!taken) return;
      taken = false;
      const left = (this.#open.get(accountId) ?? 1) - 1;
      if (left === 0) this.#open.delete(accountId);
      else this.#open.set(accountId, left);
    };
  }

  get total(): number {
    return [...this.#open.values()].reduce((sum, count) => sum + count, 0);
  }
}

/**
 * Hands each event of `events` to `write`, which resolves when the reader has
 * taken it, until the feed ends or `signal` is aborted. The feed is told to end.
 */
export async function pump(
  events: AsyncIterable<StreamEvent>,
  signal: AbortSignal,
  support: Pick<StreamSupport, "onDelivered">,
  write: (event: StreamEvent) => Promise<void>,
): Promise<void> {
  const iterator = events[Symbol.asyncIterator]();
  let abort = () => {};
  const aborted = new Promise<undefined>((resolve) => {
    abort = () => resolve(undefined);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted]);
      if (next === undefined || next.done) return;
      await Promise.race([write(next.value), aborted]);
      if (next.value.at) support.onDelivered(Math.max(0, (Date.now() - next.value.at.getTime()) / 1000));
    }
  } finally {
    signal.removeEventListener("abort", abort);
    // Not awaited: a generator that waits inside ends when its own signal tells it to.
    void Promise.resolve(iterator.return?.()).catch(() => {});
  }
}
