import type { Notices } from "../db/notify.ts";
import type { Db } from "../db/transaction.ts";
import { notFound } from "../errors.ts";
import type { StoredEvent } from "./contract.ts";
import { readPage, type StreamPage } from "./queries.ts";

const pageSize = 500;
/** A notice may be lost with its connection; then a follower waits this long at most. */
const pollMilliseconds = 3_000;

/** What the followers of one stream share. */
interface Tail {
  followers: number;
  /** Counts notices: a page that was read before one says nothing about what came with it. */
  wakes: number;
  waiting: Set<() => void>;
  reading: Map<string, Promise<StreamPage | undefined>>;
}

/**
 * Follows event streams. However many follow one stream, each notice costs
 * one read of the database: followers at the same place share it.
 */
export class EventFeed {
  readonly #db: Db;
  readonly #tails = new Map<string, Tail>();
  readonly #unsubscribe: (() => void)[];
  readonly #timer: NodeJS.Timeout;

  constructor(db: Db, notices: Pick<Notices, "on" | "onReset">, pollMs = pollMilliseconds) {
    this.#db = db;
    this.#unsubscribe = [
      notices.on("event", (streamId) => this.#wake(streamId)),
      notices.onReset(() => this.#wakeAll()),
    ];
    this.#timer = setInterval(() => this.#wakeAll(), pollMs);
    this.#timer.unref();
  }

  /**
   * Each event of the stream after sequence `after`, once and in order, as it
   * comes; ends with the stream or when `signal` aborts.
   * @throws not_found when there is no such stream.
   */
  async *follow(
    streamId: string,
    after: number,
    signal: AbortSignal,
  ): AsyncGenerator<StoredEvent, void, void> {
    const tail = this.#join(streamId);
    let seen = after;
    try {
      while (!signal.aborted) {
        const { wakes } = tail;
        const page = await this.#read(streamId, tail, seen);
        if (!page) throw notFound("Event stream", streamId);
        for (const event of page.events) {
          if (signal.aborted) return;
          seen = event.sequence;
          yield event;
        }
        if (page.complete) return;
        if (page.events.length < pageSize && tail.wakes === wakes) await waitForWake(tail, signal);
      }
    } finally {
      this.#leave(streamId, tail);
    }
  }

  /** How many follow now. */
  get followers(): number {
    return [...this.#tails.values()].reduce((sum, tail) => sum + tail.followers, 0);
  }

  /** Stops listening. Followers end by their own signals. */
  close(): void {
    clearInterval(this.#timer);
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  #join(streamId: string): Tail {
    const tail = this.#tails.get(streamId) ?? {
      followers: 0,
      wakes: 0,
      waiting: new Set(),
      reading: new Map(),
    };
    this.#tails.set(streamId, tail);
    tail.followers += 1;
    return tail;
  }

  #leave(streamId: string, tail: Tail): void {
    tail.followers -= 1;
    if (tail.followers === 0) this.#tails.delete(streamId);
  }

  #read(streamId: string, tail: Tail, after: number): Promise<StreamPage | undefined> {
    const key = `${tail.wakes}/${after}`;
    const shared = tail.reading.get(key);
    if (shared) return shared;
    const reading = readPage(this.#db, streamId, after, pageSize).finally(() => tail.reading.delete(key));
    tail.reading.set(key, reading);
    return reading;
  }

  #wakeAll(): void {
    for (const streamId of this.#tails.keys()) this.#wake(streamId);
  }

  #wake(streamId: string): void {
    const tail = this.#tails.get(streamId);
    if (!tail) return;
    tail.wakes += 1;
    for (const resolve of [...tail.waiting]) resolve();
  }
}

function waitForWake(tail: Tail, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      tail.waiting.delete(done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    if (signal.aborted) return resolve();
    tail.waiting.add(done);
    signal.addEventListener("abort", done, { once: true });
  });
}
