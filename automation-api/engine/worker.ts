import { setTimeout as wait } from "node:timers/promises";
import type { Notices } from "../db/notify.ts";
import type { Database } from "../db/pool.ts";
import { messageOf } from "../errors.ts";
import type { Claim } from "../queue/contract.ts";
import type { QueueService } from "../queue/service.ts";
import { type DeploymentOptions, RunningDeployment } from "./deployment.ts";
import { Liveness } from "./liveness.ts";
import type { Runner } from "./runner-handle.ts";
import type { RunnerPool } from "./runner-pool.ts";

/** The queue is looked at this often even when no notice comes. */
const pollMilliseconds = 1000;
/**
 * The next runner is started when a deployment has ended, or has run this long: starting one takes most of a
 * second of processor time, which short deployments would have to share.
 */
const refillMilliseconds = 1500;

export interface WorkerOptions extends DeploymentOptions {
  database: Database;
  notices: Notices;
  queue: QueueService;
  pool: RunnerPool;
  /** Deployments at once. */
  slots: number;
  heartbeatMilliseconds: number;
  deathMilliseconds: number;
  onFault(message: string, error: unknown): void;
}

/** Takes deployments from the queue and runs each in a runner of its own. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #liveness: Liveness;
  readonly #running = new Map<string, { deployment: RunningDeployment; ended: Promise<void> }>();
  readonly #stopping = new AbortController();
  #wake: () => void = () => {};
  #loop: Promise<void> | undefined;
  #unsubscribe: (() => void)[] = [];

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#liveness = new Liveness({ ...options, onLost: () => this.#abandonAll() });
  }

  get id(): string {
    return this.#liveness.workerId;
  }

  /** False before the start, after the stop, and while others must take this worker for dead. */
  get alive(): boolean {
    return this.#loop !== undefined && !this.#stopping.signal.aborted && this.#liveness.holdsLock;
  }

  async start(): Promise<void> {
    const { notices } = this.#options;
    await this.#liveness.start();
    this.#unsubscribe = [
      notices.on("deployment_queued", () => this.#wake()),
      notices.on("deployment_cancel", (id) => this.#running.get(id)?.deployment.cancel()),
      notices.onReset(() => void this.#cancelRequested()),
    ];
    this.#options.pool.fill();
    this.#loop = this.#run();
  }

  /** Lets running deployments end (up to `graceMilliseconds`), then cancels the rest. */
  async stop(graceMilliseconds: number): Promise<void> {
    this.#stopping.abort();
    this.#wake();
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    await this.#loop;
    const ended = Promise.all([...this.#running.values()].map(({ ended: each }) => each));
    await Promise.race([ended, wait(graceMilliseconds, undefined, { ref: false })]);
    for (const { deployment } of this.#running.values()) deployment.giveBack();
    await Promise.all([...this.#running.values()].map(({ ended: each }) => each));
    await this.#options.pool.close();
    await this.#liveness.stop();
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      try {
        while (this.#running.size < this.#options.slots && (await this.#takeOne())) {
          // As many as there is room for.
        }
        await this.#liveness.settleForgotten([...this.#running.keys()]);
      } catch (error) {
        this.#options.onFault("the queue could not be read", error);
      }
      await Promise.race([woken, wait(pollMilliseconds, undefined, { ref: false })]);
      await this.#cancelRequested();
    }
  }

  /** A ready runner first, then the claim: a claimed deployment never waits for a process to start. */
  async #takeOne(): Promise<boolean> {
    if (this.#stopping.signal.aborted || !(await this.#options.queue.hasWork())) return false;
    // One that was used first: it is quicker, and not for all.
    const used = this.#options.pool.takeUsed();
    if (used && (await this.#takeWith(used))) return true;
    return this.#takeWith(await this.#options.pool.take());
  }

  async #takeWith(runner: Runner): Promise<boolean> {
    const claim = await this.#options.queue.claim(this.id, runner).catch(async (error) => {
      await runner.dispose();
      throw error;
    });
    if (!claim) {
      this.#options.pool.giveBack(runner);
      return false;
    }
    this.#begin(claim, runner);
    return true;
  }

  #begin(claim: Claim, runner: Runner): void {
    const deployment = new RunningDeployment(claim, runner, this.#options);
    const refill = setTimeout(() => this.#options.pool.fill(), refillMilliseconds);
    const ended = deployment
      .run()
      .catch((error) => this.#options.onFault(`deployment ${claim.deploymentId}: ${messageOf(error)}`, error))
      .finally(() => {
        clearTimeout(refill);
        if (runner.isReusable) this.#options.pool.giveBack(runner);
        if (!this.#stopping.signal.aborted) this.#options.pool.fill();
        this.#running.delete(claim.deploymentId);
        this.#wake();
      });
    this.#running.set(claim.deploymentId, { deployment, ended });
  }

  /** The safety net under the notices. */
  async #cancelRequested(): Promise<void> {
    if (this.#running.size === 0) return;
    const ids = await this.#options.queue.cancelRequested(this.id).catch(() => []);
    for (const id of ids) this.#running.get(id)?.deployment.cancel();
  }

  /** Another worker has taken over: what runs here must end without writing. */
  #abandonAll(): void {
    for (const { deployment } of this.#running.values()) deployment.abandon();
  }
}
