import type { Notices } from "../db/notify.ts";
import type { Authenticator } from "./authenticator.ts";
import type { Principal } from "./permissions.ts";

/** The notice may be lost with its connection: open streams are looked at this often all the same. */
const lookEveryMs = 3_000;

/**
 * Ends open streams within 5 s after their token was revoked or expired, their
 * account was disabled, or its roles changed (the client logs in again and is
 * judged anew).
 */
export class Guard {
  readonly #authenticator: Authenticator;
  readonly #watched = new Map<Principal, Set<() => void>>();
  readonly #unsubscribe: (() => void)[];
  readonly #timer: NodeJS.Timeout;
  readonly #onError: (error: unknown) => void;
  #looking: Promise<void> | undefined;
  #again = false;

  constructor(
    authenticator: Authenticator,
    notices: Pick<Notices, "on" | "onReset">,
    onError: (error: unknown) => void = () => {},
  ) {
    this.#authenticator = authenticator;
    this.#onError = onError;
    this.#unsubscribe = [notices.on("access", () => this.look()), notices.onReset(() => this.look())];
    this.#timer = setInterval(() => this.look(), lookEveryMs).unref();
  }

  /** Calls `ended` once when the principal loses its access; returns the function that stops watching. */
  watch(principal: Principal, ended: () => void): () => void {
    const listeners = this.#watched.get(principal) ?? new Set();
    this.#watched.set(principal, listeners.add(ended));
    return () => {
      listeners.delete(ended);
      if (listeners.size === 0) this.#watched.delete(principal);
    };
  }

  /** Looks now, or once more after the look that is under way. */
  look(): void {
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#looking = this.#look()
      .catch(this.#onError)
      .finally(() => {
        this.#looking = undefined;
        if (!this.#again) return;
        this.#again = false;
        this.look();
      });
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const end of this.#unsubscribe) end();
    await this.#looking;
  }

  async #look(): Promise<void> {
    for (const principal of await this.#authenticator.changed([...this.#watched.keys()])) {
      const listeners = this.#watched.get(principal) ?? [];
      this.#watched.delete(principal);
      for (const ended of listeners) ended();
    }
  }
}
