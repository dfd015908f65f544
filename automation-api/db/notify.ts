import { EventEmitter } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { sql } from "kysely";
import type pg from "pg";
import type { Database } from "./pool.ts";
import type { Db, Tx } from "./transaction.ts";

/** Channels; a payload is an id, never data: a NOTIFY takes a database-wide lock at commit, so it stays small. */
const channels = [
  "deployment_queued",
  "deployment_cancel",
  "event",
  "access",
  "session",
  "session_end",
  "session_target",
] as const;
export type Channel = (typeof channels)[number];

/** Sends at commit of the transaction, at once outside of one. */
export async function notify(db: Db | Tx, channel: Channel, payload: string): Promise<void> {
  await sql`SELECT pg_notify(${`roost_${channel}`}, ${payload})`.execute(db);
}

/** Notices of one kind are at least this far apart. */
const restMilliseconds = 50;

/**
 * Sends notices of what happens hundreds of times a second, after its commit: the first at once, what follows within
 * 50 ms as one. A commit that sends a notice itself holds a lock of the whole database until it is on disk, so that
 * others wait for the disk in turn and not together. What dies with the process is found by those who look regularly.
 */
export class Announcer {
  readonly #db: Db;
  /** Notices that were just sent, and whether they are to be sent again. */
  readonly #resting = new Map<string, boolean>();

  constructor(db: Db) {
    this.#db = db;
  }

  announce(channel: Channel, payload: string): void {
    const key = `${channel} ${payload}`;
    const isResting = this.#resting.has(key);
    this.#resting.set(key, isResting);
    if (isResting) return;
    const rested = () => {
      const isAsked = this.#resting.get(key);
      this.#resting.delete(key);
      if (isAsked) this.announce(channel, payload);
    };
    setTimeout(rested, restMilliseconds).unref();
    // Where the database is away, nobody listens.
    notify(this.#db, channel, payload).catch(() => {});
  }
}

/**
 * One LISTEN connection per process, opened again after a loss. A listener
 * may miss a notice while it is down: `onReset` says so, and every consumer
 * also polls slowly.
 */
export class Notices {
  readonly #database: Database;
  readonly #emitter = new EventEmitter().setMaxListeners(0);
  #client: pg.Client | undefined;
  #closed = false;
  #running: Promise<void> | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Calls `listener` with each payload; returns the function that ends it. */
  on(channel: Channel, listener: (payload: string) => void): () => void {
    this.#emitter.on(channel, listener);
    return () => this.#emitter.off(channel, listener);
  }

  /** Calls `listener` whenever notices may have been missed. */
  onReset(listener: () => void): () => void {
    this.#emitter.on("reset", listener);
    return () => this.#emitter.off("reset", listener);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#client?.end().catch(() => {});
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      try {
        await this.#listen();
      } catch {
        // The database is away; its supervisor or its operator brings it back.
      }
      if (!this.#closed) await wait(200);
    }
  }

  async #listen(): Promise<void> {
    const client = await this.#database.connect();
    this.#client = client;
    const ended = new Promise<void>((resolve) => client.once("end", resolve));
    client.on("notification", ({ channel, payload }) => {
      this.#emitter.emit(channel.replace(/^roost_/, ""), payload ?? "");
    });
    for (const channel of channels) await client.query(`LISTEN roost_${channel}`);
    this.#emitter.emit("reset");
    if (this.#closed) await client.end();
    await ended;
    this.#client = undefined;
  }
}
