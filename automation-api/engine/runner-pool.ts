import { messageOf } from "../errors.ts";
import { Runner, type RunnerOptions } from "./runner-handle.ts";

export interface RunnerPoolOptions extends Omit<RunnerOptions, "slot"> {
  /** Runners kept started and waiting. */
  warm: number;
  /** A number that no other runner has on any machine. */
  nextSlot(): Promise<number>;
  /** Whether runners should have the policies ready. */
  wantsPolicies(): Promise<boolean>;
  onFault(message: string): void;
}

/**
 * Keeps runners warm: importing the SDK takes half a second, which no deployment should wait for. Those in which nothing
 * of a user's has run are used again.
 */
export class RunnerPool {
  readonly #options: RunnerPoolOptions;
  readonly #waiting: Promise<Runner>[] = [];
  #closed = false;

  constructor(options: RunnerPoolOptions) {
    this.#options = options;
  }

  fill(): void {
    while (!this.#closed && this.#waiting.length < this.#options.warm) {
      const started = this.#start();
      this.#waiting.push(started);
      started.catch((error) => {
        this.#options.onFault(messageOf(error));
        this.#remove(started);
      });
    }
  }

  /** Resolves when those that are being started are ready and warm, or have failed. */
  async warmed(): Promise<void> {
    await Promise.allSettled(this.#waiting.map(async (started) => (await started).warmed()));
  }

  /** A runner that is ready: a warm one, or a new one when none waits. */
  async take(): Promise<Runner> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      const runner = await next.catch(() => undefined);
      if (runner?.isAlive) return runner;
      await runner?.dispose();
    }
    return this.#start();
  }

  /** Back to the front, since it has nothing to do; if more wait than should, the last goes. */
  giveBack(runner: Runner): void {
    this.#waiting.unshift(Promise.resolve(runner));
    if (!this.#closed && this.#waiting.length <= this.#options.warm) return;
    const last = this.#waiting.pop()?.then((each) => each.dispose());
    last?.catch((error) => this.#options.onFault(messageOf(error)));
  }

  /** Ends the runners that still wait. */
  async close(): Promise<void> {
    this.#closed = true;
    const ended = this.#waiting
      .splice(0)
      .map(async (started) => (await started.catch(() => undefined))?.dispose());
    await Promise.all(ended);
  }

  async #start(): Promise<Runner> {
    const slot = await this.#options.nextSlot();
    const policies = await this.#options.wantsPolicies();
    return Runner.start({ ...this.#options, slot, setup: { ...this.#options.setup, policies } });
  }

  #remove(started: Promise<Runner>): void {
    const index = this.#waiting.indexOf(started);
    if (index >= 0) this.#waiting.splice(index, 1);
  }
}
