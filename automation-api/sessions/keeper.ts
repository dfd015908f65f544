import { setTimeout as wait } from "node:timers/promises";
import type { SessionTargets } from "../../plugins/roost/index.ts";
import type { SystemPrincipal } from "../access/permissions.ts";
import type { Notices } from "../db/notify.ts";
import { type Db, isDatabaseAway } from "../db/transaction.ts";
import { dropExpiredCredentials } from "./credential-queries.ts";
import { introduceAll } from "./introducer.ts";
import { listPlanned } from "./plan-queries.ts";
import { Planner, type PlannerDependencies } from "./planner.ts";
import { hasStarting } from "./reconcile-queries.ts";
import { Reconciler } from "./reconciler.ts";

/** Every template is planned, and every target compared, this often even when no notice comes. */
const roundMilliseconds = 2_000;
/** While something starts, the target is asked this often whether it is ready. */
const startMilliseconds = 100;
const expireMilliseconds = 1_000;
/** What comes within this time is planned together. */
const gatherMilliseconds = 10;
/** What a target tells of within this time is looked at together: a storm of events is no storm of looks. */
const gatherEventsMilliseconds = 500;

export interface KeeperDependencies extends PlannerDependencies {
  db: Db;
  notices: Pick<Notices, "on" | "onReset">;
  system: SystemPrincipal;
  targets: SessionTargets;
  onReady?(seconds: number): void;
  onLeak?(count: number): void;
  onFault(message: string, error?: unknown): void;
}

/**
 * Keeps what the ledger says true: pools, stacks, and what runs. It remembers nothing, so any number may run, one in
 * each process that works, and any may die.
 */
export class Keeper {
  readonly #deps: KeeperDependencies;
  readonly #planner: Planner;
  readonly #reconciler: Reconciler;
  readonly #stopping = new AbortController();
  readonly #due = new Set<string>();
  #wake: () => void = () => {};
  /** Of targets: something has changed there. */
  readonly #told = new Map<string, () => void>();
  #loops: Promise<void>[] = [];
  #unsubscribe: (() => void)[] = [];

  constructor(deps: KeeperDependencies) {
    this.#deps = deps;
    this.#planner = new Planner(deps);
    this.#reconciler = new Reconciler({
      ...deps,
      introduce: (id) => void introduceAll(deps.db, id).catch((error) => this.#fault("introducing", error)),
    });
  }

  start(): void {
    const { notices, targets } = this.#deps;
    this.#unsubscribe = [
      notices.on("session", (template) => this.#plan(template)),
      notices.on("session_target", (target) => this.#told.get(target)?.()),
      // An update that has ended may be one of ours.
      notices.on("deployment_queued", () => this.#wake()),
      notices.onReset(() => this.#wake()),
    ];
    this.#loops = [
      this.#planning(),
      this.#expiring(),
      ...Object.keys(targets).map((name) => this.#comparing(name as keyof SessionTargets)),
    ];
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    for (const end of this.#unsubscribe) end();
    this.#wake();
    await Promise.all(this.#loops);
  }

  #plan(template: string): void {
    this.#due.add(template);
    this.#wake();
  }

  async #planning(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const woken = new Promise<"woken">((resolve) => {
        this.#wake = () => resolve("woken");
      });
      await this.#carefully("planning", async () => {
        const named = [...this.#due];
        this.#due.clear();
        const templates = named.length > 0 ? named : await listPlanned(this.#deps.db);
        for (const template of templates) {
          if (await this.#planner.plan(template)) this.#due.add(template);
        }
      });
      if (this.#due.size > 0) continue;
      await Promise.race([woken, this.#pause(roundMilliseconds)]);
      await this.#pause(gatherMilliseconds);
    }
  }

  async #comparing(name: keyof SessionTargets): Promise<void> {
    const target = this.#deps.targets[name];
    let lastRound = 0;
    let wasTold = false;
    while (target && !this.#stopping.signal.aborted) {
      // What is told of while the target is looked at may have been missed.
      const told = new Promise<boolean>((resolve) => this.#told.set(name, () => resolve(true)));
      await this.#carefully(`comparing ${name}`, async () => {
        const isDue = performance.now() - lastRound >= roundMilliseconds;
        if (!isDue && !wasTold && !(await hasStarting(this.#deps.db, name))) return;
        lastRound = performance.now();
        await this.#reconciler.compare(target);
      });
      const slept = this.#pause(Math.max(startMilliseconds, target.lookMilliseconds ?? 0)).then(() => false);
      wasTold = await Promise.race([told, slept]);
      if (wasTold) await this.#pause(gatherEventsMilliseconds);
    }
  }

  async #expiring(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      let isMore = false;
      await this.#carefully("expiring", async () => {
        isMore = await this.#reconciler.expire();
        await introduceAll(this.#deps.db);
        await dropExpiredCredentials(this.#deps.db);
      });
      if (!isMore) await this.#pause(expireMilliseconds);
    }
  }

  /** What fails now is tried again in the next round. */
  async #carefully(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#fault(what, error);
    }
  }

  #fault(what: string, error: unknown): void {
    if (!this.#stopping.signal.aborted || !isDatabaseAway(error)) {
      this.#deps.onFault(`sessions: ${what} failed`, error);
    }
  }

  async #pause(milliseconds: number): Promise<void> {
    await wait(milliseconds, undefined, { signal: this.#stopping.signal, ref: false }).catch(() => {});
  }
}
