import { setTimeout as wait } from "node:timers/promises";
import type { HeldLogin } from "../../plugins/command/index.ts";
import type { Estimate } from "../../policies/index.ts";
import type { CostChange } from "../costs/contract.ts";
import { isDatabaseAway } from "../db/transaction.ts";
import { messageOf } from "../errors.ts";
import type { PackSource, ProgramReference, ProgramSource } from "../programs/contract.ts";
import type { ForcedPolicies } from "../projects/contract.ts";
import type { Claim, Result } from "../queue/contract.ts";
import type { QueueService } from "../queue/service.ts";
import type { Job, JobPack, RunnerOutcome } from "./contract.ts";
import { EventRecord } from "./record.ts";
import type { Runner } from "./runner-handle.ts";

/** Between tries of a write while the database is away. */
const retryMilliseconds = 250;

type Forced = Pick<ForcedPolicies, "settings">;

export interface DeploymentOptions {
  queue: QueueService;
  /** Loopback address of the state backend for engines of this worker. */
  backendUrl: string;
  /** Turns what a row says of a program or a pack into what a runner can unpack without the database. */
  resolveSource(claim: Claim, program: ProgramReference, place: Runner["place"]): Promise<ProgramSource>;
  /** What is set for policies, with what a budget in it is kept by. */
  budgeted<T extends Forced>(claim: Claim, forced: T): Promise<T>;
  /** What a previewed change would cost. @param after the stack as the preview has seen it */
  costOfPreview(claim: Claim, after: Estimate): Promise<CostChange>;
  /** What the deployment may log in to hosts with, by name. */
  resolveLogins(claim: Claim): Promise<Record<string, HeldLogin>>;
  timeLimitMilliseconds: number;
  onFault(message: string, error: unknown): void;
}

type Ending = "cancel" | "time limit" | "give back" | "abandon" | "fault";

/** One claimed deployment in its runner, from the job to the row's last write. */
export class RunningDeployment {
  readonly #claim: Claim;
  readonly #runner: Runner;
  readonly #options: DeploymentOptions;
  readonly #stop = new AbortController();
  readonly #record = new EventRecord();
  readonly #begun = performance.now();
  #ending: Ending | undefined;
  #cost: Estimate | undefined;
  #writes: Promise<void> = Promise.resolve();
  #pending: { kind: string; data: unknown }[] = [];

  constructor(claim: Claim, runner: Runner, options: DeploymentOptions) {
    this.#claim = claim;
    this.#runner = runner;
    this.#options = options;
  }

  /** Somebody wants it ended. */
  cancel(): void {
    this.#end("cancel");
  }

  /** This worker stops: the deployment goes back into the queue. */
  giveBack(): void {
    this.#end("give back");
  }

  /** Another worker has it now: end the processes, write nothing. */
  abandon(): void {
    this.#end("abandon");
  }

  /** Returns when the result is written and nothing of the job is left: the runner can be used again, or has ended. */
  async run(): Promise<void> {
    try {
      await this.#runAndConclude();
    } finally {
      if (!this.#runner.isReusable) await this.#runner.dispose();
    }
  }

  async #runAndConclude(): Promise<void> {
    const limit = setTimeout(() => this.#end("time limit"), this.#options.timeLimitMilliseconds);
    const outcome = await this.#runJob();
    clearTimeout(limit);
    await this.#writes;
    if (this.#ending === "abandon") return;
    try {
      await this.#persist(() => this.#conclude(outcome));
    } catch (error) {
      // A fault of ours must not leave the deployment running for ever.
      this.#options.onFault(`deployment ${this.#claim.deploymentId} could not be concluded`, error);
      const failed = {
        ...outcome,
        succeeded: false,
        error: "The server could not record the result; its log says why.",
      };
      await this.#persist(() => this.#options.queue.finish(this.#claim, this.#result(failed, null)));
    }
  }

  #end(ending: Ending): void {
    this.#ending ??= ending;
    this.#stop.abort();
  }

  async #runJob(): Promise<RunnerOutcome> {
    const { claim, runner } = { claim: this.#claim, runner: this.#runner };
    let program: ProgramSource;
    let policies: Job["policies"];
    let packs: JobPack[];
    let logins: Record<string, HeldLogin>;
    try {
      program = await this.#options.resolveSource(claim, claim.program, runner.place);
      policies = await this.#budgeted(claim.policies ?? claim.environments[0]?.policies);
      packs = await this.#resolvePacks();
      logins = await this.#options.resolveLogins(claim);
    } catch (error) {
      await runner.dispose();
      return { succeeded: false, error: error instanceof Error ? error.message : String(error) };
    }
    return runner.run(
      {
        deploymentId: claim.deploymentId,
        organization: claim.organization,
        project: claim.project,
        stack: claim.stack,
        operation: claim.operation,
        options: claim.options,
        program,
        policies,
        packs,
        config: claim.config,
        backendUrl: this.#options.backendUrl,
        token: claim.token,
        traceParent: claim.traceParent ?? undefined,
        logins,
      },
      {
        onEvents: (events) => {
          for (const event of events) this.#record.add(event);
          this.#write(events.map((event) => ({ kind: "engine", data: event })));
        },
        onCost: (cost) => {
          this.#cost = cost;
        },
        onLog: (lines) => this.#write(lines.map((line) => ({ kind: "log", data: { line } }))),
      },
      this.#stop.signal,
    );
  }

  /**
   * What judges beside the policies that the runner serves: the project's own packs, and what environments force when
   * the project does too. Each has its own levels, settings and exceptions, so none makes another weaker. The way out
   * stays open without them.
   */
  async #resolvePacks(): Promise<JobPack[]> {
    const { policies, environments } = this.#claim;
    if (!this.#isJudged) return [];
    const others = environments.slice(policies ? 0 : 1);
    const own = await Promise.all(
      (policies?.packs ?? []).map(async ({ source, ...pack }, index) => {
        const place = this.#runner.packPlace(index);
        const resolved = await this.#options.resolveSource(this.#claim, source, place).catch((cause) => {
          throw new Error(`The policy pack ${pack.name}: ${messageOf(cause)}`, { cause });
        });
        return { ...pack, source: resolved as PackSource };
      }),
    );
    const further = others.map(async (each) => ({
      ...(await this.#budgeted(each.policies)),
      ...{ name: "roost", source: null },
    }));
    return [...own, ...(await Promise.all(further))];
  }

  async #budgeted<T extends Forced | undefined>(forced: T): Promise<T> {
    return forced && this.#isJudged ? this.#options.budgeted(this.#claim, forced) : forced;
  }

  get #isJudged(): boolean {
    return this.#claim.operation === "preview" || this.#claim.operation === "update";
  }

  /** Appends in order; what arrives during a write goes with the next one. */
  #write(events: { kind: string; data: unknown }[]): void {
    this.#pending.push(...events);
    if (this.#pending.length > events.length) return;
    this.#writes = this.#writes
      .then(() => this.#writePending())
      .catch((error) => {
        // A fault of ours ends this deployment, not the worker with all others.
        this.#options.onFault(`events of deployment ${this.#claim.deploymentId} could not be kept`, error);
        this.#end("fault");
      });
  }

  async #writePending(): Promise<void> {
    const batch = this.#pending.splice(0);
    if (batch.length > 0) await this.#persist(() => this.#append(batch));
  }

  async #append(batch: { kind: string; data: unknown }[]): Promise<void> {
    if (!(await this.#options.queue.append(this.#claim, batch))) this.abandon();
  }

  async #conclude(outcome: RunnerOutcome): Promise<void> {
    const { queue } = this.#options;
    const update = await queue.updateOf(this.#claim.deploymentId);
    const isOpen = update?.state === "running" || update?.state === "created";
    const unsaid = outcome.signal !== undefined || isOpen;
    if (this.#ending === "give back" || (unsaid && this.#ending !== "time limit")) {
      const { changes, diagnostics } = this.#record;
      await queue.settle(
        {
          ...this.#claim,
          updateId: update?.id ?? null,
          cancelRequested: this.#ending === "cancel",
          givenBack: this.#ending === "give back",
        },
        { changes, diagnostics, timings: this.#timings() },
      );
      return;
    }
    if (unsaid && update) await queue.closeInterrupted(update.id);
    const cost = await this.#changeOfCost();
    await queue.finish(this.#claim, { ...this.#result(outcome, update?.version ?? null), cost });
  }

  /** Nothing depends on it: what goes wrong with it must not fail the preview. */
  async #changeOfCost(): Promise<CostChange | undefined> {
    try {
      return this.#cost && (await this.#options.costOfPreview(this.#claim, this.#cost));
    } catch (error) {
      if (isDatabaseAway(error)) throw error;
      this.#options.onFault(`the cost of deployment ${this.#claim.deploymentId} is not known`, error);
      return undefined;
    }
  }

  #result(outcome: RunnerOutcome, version: string | null): Result {
    const { changes, outputs, diagnostics } = this.#record;
    const common = {
      changes,
      outputs,
      diagnostics,
      timings: this.#timings(),
      version: Number(version) || undefined,
    };
    if (outcome.succeeded) return { state: "succeeded", ...common };
    if (this.#ending === "cancel") return { state: "cancelled", ...common };
    const timedOut =
      this.#ending === "time limit" ? "The deployment reached its time limit and was cancelled." : undefined;
    return {
      state: "failed",
      error: timedOut ?? this.#record.error ?? outcome.error ?? "The engine failed.",
      ...common,
    };
  }

  #timings(): Record<string, number> {
    return {
      queuedMs: Math.max(
        0,
        Math.round(performance.timeOrigin + this.#begun - this.#claim.queuedAt.getTime()),
      ),
      runMs: Math.round(performance.now() - this.#begun),
    };
  }

  /** Tries until the database answers: what happened must not be forgotten because it was away. */
  async #persist<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!isDatabaseAway(error)) throw error;
        this.#options.onFault(`deployment ${this.#claim.deploymentId} waits for the database`, error);
        await wait(retryMilliseconds);
      }
    }
  }
}
