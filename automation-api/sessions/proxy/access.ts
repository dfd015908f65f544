import { randomBytes } from "node:crypto";
import { hashToken } from "../../access/service.ts";
import type { Notices } from "../../db/notify.ts";
import { type Db, transaction } from "../../db/transaction.ts";
import { takeCredential } from "../credential-queries.ts";
import * as queries from "./queries.ts";

/** The notice may be lost with its connection: open connections are looked at this often all the same. */
const lookMilliseconds = 3_000;
const activityMilliseconds = 30_000;
const cookieSeconds = 30 * 86_400;

export interface Pass {
  user: string;
  address: string;
  port: number;
  /** Told of bytes, in either direction. */
  used(): void;
  /** Calls `close` when this way in is shut; returns the function that stops watching. */
  watch(close: () => void): () => void;
}

/** Who may pass to which session, asked of the database each time, and for as long as a connection is open. */
export class Access {
  readonly #db: Db;
  readonly #open = new Map<string, Set<() => void>>();
  readonly #noted = new Map<string, number>();
  readonly #active = new Set<string>();
  readonly #unsubscribe: (() => void)[];
  readonly #timers: NodeJS.Timeout[];
  readonly #onFault: (error: unknown) => void;
  #looking: Promise<void> = Promise.resolve();

  constructor(db: Db, notices: Pick<Notices, "on" | "onReset">, onFault: (error: unknown) => void) {
    this.#db = db;
    this.#onFault = onFault;
    const look = () => this.#look();
    this.#unsubscribe = [notices.on("session_end", look), notices.on("access", look), notices.onReset(look)];
    this.#timers = [
      setInterval(look, lookMilliseconds).unref(),
      setInterval(() => this.#note(), 1_000).unref(),
    ];
  }

  /** Swaps a ticket for a cookie, once; undefined when it is no ticket of this session, was used, or is too old. */
  async redeem(sessionId: string, ticket: string): Promise<string | undefined> {
    const cookie = randomBytes(32).toString("base64url");
    return transaction(this.#db, async (tx) => {
      const taken = await takeCredential(tx, { hash: hashToken(ticket), sessionId, kind: "ticket" });
      if (!taken) return undefined;
      const given = { hash: hashToken(cookie), sessionId, tokenId: taken.tokenId, seconds: cookieSeconds };
      return (await queries.insertAccess(tx, given)) ? cookie : undefined;
    });
  }

  /** @param cookies all that came by our name; one must open this very session. */
  async admit(sessionId: string, cookies: string[]): Promise<Pass | undefined> {
    const [route] = await queries.findRoutes(this.#db, cookies.slice(0, 10).map(hashToken), sessionId);
    if (!route) return undefined;
    const key = route.hash.toString("base64");
    this.#use(sessionId);
    return {
      user: route.owner,
      address: route.address,
      port: route.port,
      used: () => this.#use(sessionId),
      watch: (close) => {
        const watchers = this.#open.get(key) ?? new Set();
        this.#open.set(key, watchers.add(close));
        return () => {
          watchers.delete(close);
          if (watchers.size === 0 && this.#open.get(key) === watchers) this.#open.delete(key);
        };
      },
    };
  }

  async close(): Promise<void> {
    for (const end of this.#unsubscribe) end();
    for (const timer of this.#timers) clearInterval(timer);
    await this.#looking;
  }

  #use(sessionId: string): void {
    const now = performance.now();
    if (now - (this.#noted.get(sessionId) ?? Number.NEGATIVE_INFINITY) < activityMilliseconds) return;
    this.#noted.set(sessionId, now);
    this.#active.add(sessionId);
  }

  #note(): void {
    const ids = [...this.#active];
    this.#active.clear();
    const before = performance.now() - activityMilliseconds;
    for (const [id, at] of this.#noted) if (at < before) this.#noted.delete(id);
    if (ids.length > 0) queries.noteActivity(this.#db, ids).catch(this.#onFault);
  }

  #look(): void {
    this.#looking = this.#looking
      .then(async () => {
        const keys = [...this.#open.keys()];
        const found = await queries.findRoutes(
          this.#db,
          keys.map((key) => Buffer.from(key, "base64")),
        );
        const alive = new Set(found.map(({ hash }) => hash.toString("base64")));
        for (const key of keys.filter((each) => !alive.has(each))) {
          for (const close of this.#open.get(key) ?? []) close();
          this.#open.delete(key);
        }
      })
      .catch(this.#onFault);
  }
}
