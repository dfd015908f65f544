import { createHash } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import type pg from "pg";
import { bootId, startTimeOf } from "../../plugins/process/index.ts";
import type { Database } from "../db/pool.ts";
import type { Abandoned } from "../queue/contract.ts";
import { HeartbeatWatch } from "../queue/domain.ts";
import type { QueueService, WorkerRow } from "../queue/service.ts";
import { endForeignRooms } from "./isolation.ts";
import { endForeignGroup } from "./process-group.ts";

export interface LivenessOptions {
  database: Database;
  queue: QueueService;
  slots: number;
  heartbeatMilliseconds: number;
  deathMilliseconds: number;
  /** Called when this worker finds that others took it for dead. */
  onLost(): void;
  onFault(message: string, error: unknown): void;
}

/**
 * Shows that this worker lives, and settles what dead ones left. Two signals:
 * an advisory lock that PostgreSQL frees at once when the process is gone, and
 * a heartbeat for lost machines and hung processes.
 */
export class Liveness {
  readonly #options: LivenessOptions;
  readonly #watch = new HeartbeatWatch();
  readonly #stopping = new AbortController();
  readonly machineId = machineId();
  #lock: pg.Client | undefined;
  #lockKey = "";
  #loop: Promise<void> | undefined;
  /** While something is taken over, its rows already name this worker. */
  #inheriting = 0;
  workerId = "";

  constructor(options: LivenessOptions) {
    this.#options = options;
  }

  /** The lock by which others see this worker alive. */
  get holdsLock(): boolean {
    return this.#lock !== undefined;
  }

  async start(): Promise<void> {
    await this.#register();
    this.#loop = this.#run();
  }

  /**
   * Settles what the rows say that this worker runs, and it does not know.
   * @param known deployments that it is at work on; none may be claimed meanwhile
   */
  async settleForgotten(known: readonly string[]): Promise<void> {
    if (this.#inheriting) return;
    await this.#settleAll(() => this.#options.queue.takeForgotten(this.workerId, this.machineId, known));
  }

  async #register(): Promise<void> {
    const { queue, slots } = this.#options;
    const { id, lockKey } = await queue.register({ machineId: this.machineId, pid: process.pid, slots });
    const before = this.#lock;
    this.#lock = undefined;
    await before?.end().catch(() => {});
    this.#lockKey = lockKey;
    await this.#holdLock();
    this.workerId = id;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
    await this.#options.queue.unregister(this.workerId);
    await this.#lock?.end().catch(() => {});
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        if (!this.#lock) await this.#holdLock();
        await this.#options.queue.beat(this.workerId);
        await this.#lookAtOthers();
      } catch (error) {
        // Without the database nobody can tell who lives: all silences begin anew.
        this.#watch.reset();
        if (!signal.aborted) this.#options.onFault("the heartbeat failed", error);
      }
      await wait(this.#options.heartbeatMilliseconds / 2, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  async #holdLock(): Promise<void> {
    const client = await this.#options.database.connect();
    const lost = () => {
      if (this.#lock === client) this.#lock = undefined;
    };
    client.once("end", lost);
    client.on("error", lost);
    await client.query("SELECT pg_advisory_lock($1)", [this.#lockKey]);
    this.#lock = client;
  }

  async #lookAtOthers(): Promise<void> {
    const { queue, heartbeatMilliseconds, deathMilliseconds } = this.#options;
    const rows = await queue.workers();
    const own = rows.find(({ id }) => id === this.workerId);
    if (!own) {
      // A machine that slept, or was cut off: what ran here is another's now, and this worker begins anew.
      this.#options.onLost();
      await this.#register();
      return;
    }
    const others = rows.filter(({ id }) => id !== this.workerId);
    const silent = this.#watch.observe(
      others.map(({ id, heartbeat_at }) => ({ id, heartbeatAt: heartbeat_at })),
      performance.now(),
    );
    for (const worker of others) {
      const silentMilliseconds = silent.get(worker.id) ?? 0;
      const limit = worker.locked ? deathMilliseconds : 2 * heartbeatMilliseconds;
      if (silentMilliseconds >= limit || this.#isDeadHere(worker)) await this.#inherit(worker.id);
    }
  }

  /** On our own machine the process table tells at once. */
  #isDeadHere(worker: WorkerRow): boolean {
    return worker.machine_id === this.machineId && !worker.locked && startTimeOf(worker.pid) === undefined;
  }

  async #inherit(deadWorkerId: string): Promise<void> {
    await this.#settleAll(() =>
      this.#options.queue.inherit({ from: deadWorkerId, to: this.workerId, machineId: this.machineId }),
    );
  }

  async #settleAll(take: () => Promise<Abandoned[]>): Promise<void> {
    this.#inheriting += 1;
    try {
      const abandoned = await take();
      await Promise.all(abandoned.map((each) => this.#settle(each)));
    } finally {
      this.#inheriting -= 1;
    }
  }

  async #settle(abandoned: Abandoned): Promise<void> {
    if (abandoned.runner) await endForeignGroup(abandoned.runner);
    await endForeignRooms(abandoned.runner);
    await this.#options.queue.settle(abandoned);
  }
}

/** Names this machine until its next boot: process ids mean nothing beyond it. */
function machineId(): string {
  return createHash("sha256").update(`${hostname()} ${bootId()}`).digest("hex").slice(0, 32);
}
