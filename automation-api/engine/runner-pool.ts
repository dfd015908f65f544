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

/** A used runner that nobody wants for so long is not worth its memory. */
const idleMilliseconds = 60_000;

/**
 * Keeps runners warm: importing the SDK takes half a second, which no deployment should wait for. Those in which nothing
 * of a user's has run are kept for a while, for another of which nothing of a user's will run.
 */
export class RunnerPool {
  readonly #options: RunnerPoolOptions;
  readonly #waiting: Promise<Runner>[] = [];
  /** Each with what ends it. */
  readonly #used = new Map<Runner, NodeJS.Timeout>();
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

  /** The one of those that were used that was used last. */
  takeUsed(): Runner | undefined {
    for (const runner of [...this.#used.keys()].reverse()) {
      clearTimeout(this.#used.get(runner));
      this.#used.delete(runner);
      if (runner.isAlive) return runner;
      this.#end(runner);
    }
    return undefined;
  }

  /** A runner that is ready, and in which nothing has run: a warm one, or a new one when none waits. */
  async take(): Promise<Runner> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      const runner = await next.catch(() => undefined);
      if (runner?.isAlive) return runner;
      await runner?.dispose();
    }
    return this.#start();
  }

  /** It has nothing to do: a fresh one goes to the front, of those that were used as many are kept as are warm. */
  giveBack(runner: Runner): void {
    if (this.#closed) this.#end(runner);
    else if (runner.isUsed) this.#keep(runner);
    else this.#waiting.unshift(Promise.resolve(runner));
  }

  #keep(runner: Runner): void {
    // One that dies by itself leaves its users and folder to be taken away.
    void runner.ended.then(() => this.#drop(runner));
    this.#used.set(
      runner,
      setTimeout(() => this.#drop(runner), idleMilliseconds),
    );
    const [oldest] = this.#used.keys();
    if (this.#used.size > this.#options.warm && oldest) this.#drop(oldest);
  }

  #drop(runner: Runner): void {
    clearTimeout(this.#used.get(runner));
    if (this.#used.delete(runner)) this.#end(runner);
  }

  #end(runner: Runner): void {
    runner.dispose().catch((error) => this.#options.onFault(messageOf(error)));
  }

  /** Ends the runners that still wait. */
  async close(): Promise<void> {
    this.#closed = true;
    const used = [...this.#used];
    this.#used.clear();
    for (const [, idle] of used) clearTimeout(idle);
    const ended = this.#waiting
      .splice(0)
      .map(async (started) => (await started.catch(() => undefined))?.dispose());
    await Promise.all([...ended, ...used.map(([runner]) => runner.dispose())]);
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
