import type { SignIns } from "./service.ts";

const lookMilliseconds = 15_000;
/** At most so many in a row, so that an end of the server does not wait for all. */
const inARow = 50;

/** Asks the issuer again and again about who is signed in. What it cannot ask about ends by itself. */
export class Rechecks {
  readonly #signIns: Pick<SignIns, "recheckOne">;
  readonly #onError: (error: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  #looking: Promise<void> = Promise.resolve();

  constructor(signIns: Pick<SignIns, "recheckOne">, onError: (error: unknown) => void) {
    this.#signIns = signIns;
    this.#onError = onError;
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(() => this.#look()).catch(onError);
    }, lookMilliseconds).unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking.catch(this.#onError);
  }

  async #look(): Promise<void> {
    for (let count = 0; count < inARow && (await this.#signIns.recheckOne()); count++);
  }
}
