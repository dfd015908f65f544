import { createHash, randomBytes } from "node:crypto";
import type { ProcessIdentity } from "../../plugins/process/index.ts";
import type { SystemPrincipal } from "../access/permissions.ts";
import { record } from "../audit/service.ts";
import { newId } from "../db/id.ts";
import { notify } from "../db/notify.ts";
import { type Db, type Tx, transaction } from "../db/transaction.ts";
import * as streams from "../events/service.ts";
import type { Abandoned, Claim, QueueState, Result, Worker } from "./contract.ts";
import { bringsCode, mergeConfig, recover } from "./domain.ts";
import * as queries from "./queries.ts";

export type { WorkerRow } from "./queries.ts";

/** The process that a claimed deployment will run in. */
export interface ReadyRunner {
  slot: number;
  identity: ProcessIdentity;
  /** What its engine shows the state backend. */
  token: string;
  /** Another deployment has run in it: of that there may be something in its memory. */
  isUsed?: boolean;
}

export interface QueueDependencies {
  db: Db;
  state: QueueState;
  /** What else becomes true with a deployment's end, in the same transaction. Default: nothing. */
  ended?(tx: Tx, requester: SystemPrincipal, deploymentId: string, result: Result): Promise<void>;
}

/** The worker's side of the queue. The deployment rows are the only truth. */
export class QueueService {
  readonly #deps: QueueDependencies;

  constructor(deps: QueueDependencies) {
    this.#deps = deps;
  }

  /**
   * Takes the oldest deployment that may start, for a runner that is ready; `undefined` when there is none, when it
   * brings code of a user's and the runner was used, or when others have taken the worker for dead.
   */
  async claim(workerId: string, runner: ReadyRunner): Promise<Claim | undefined> {
    for (;;) {
      const claim = await this.#tryClaim(workerId, runner);
      if (claim !== "leased") return claim;
    }
  }

  /** `leased` when a person's update won the stack after the queue was read: the next reading passes it by. */
  #tryClaim(workerId: string, runner: ReadyRunner): Promise<Claim | "leased" | undefined> {
    return transaction(this.#deps.db, async (tx) => {
      if (!(await queries.isOpen(tx, workerId))) return undefined;
      const row = await queries.lockNext(tx);
      if (!row || (runner.isUsed && bringsCode(row))) return undefined;
      const stored = await queries.lockConfig(tx, row.stack_id);
      if (await queries.isLeased(tx, row.stack_id)) return "leased";
      await queries.markRunning(tx, row.id, {
        workerId,
        tokenHash: createHash("sha256").update(runner.token).digest(),
        slot: runner.slot,
        runner: runner.identity,
      });
      const config = mergeConfig(stored, row.config_patch);
      // A preview shows what its configuration would do and leaves nothing behind.
      if (row.operation !== "preview") await queries.storeConfig(tx, row.stack_id, config);
      await streams.append(tx, row.id, [
        { kind: "state", data: { state: "running", attempt: row.attempt + 1 } },
      ]);
      return {
        deploymentId: row.id,
        epoch: row.epoch + 1,
        attempt: row.attempt + 1,
        organizationId: row.organization_id,
        organization: row.organization,
        projectId: row.project_id,
        project: row.project,
        stackId: row.stack_id,
        stack: row.stack,
        operation: row.operation,
        options: row.options,
        program: row.program,
        policies: row.policies,
        environments: row.environments,
        config,
        requesterId: row.requester_id,
        requester: row.requester,
        requestId: row.request_id,
        traceParent: row.trace_parent,
        token: runner.token,
        hide: this.#hiderOf(row.stack_id, config),
        queuedAt: row.created_at,
      };
    });
  }

  #hiderOf(stackId: string, config: Claim["config"]): streams.Hide {
    const ciphertexts = Object.values(config).flatMap((value) => ("secure" in value ? [value.secure] : []));
    return streams.hiderOf(this.#deps.state.secretTexts(stackId, ciphertexts));
  }

  /** Adds to the deployment's stream; false when the attempt has lost its deployment. */
  async append(claim: Claim, events: { kind: string; data: unknown }[]): Promise<boolean> {
    return transaction(this.#deps.db, async (tx) => {
      if (!(await queries.holds(tx, claim.deploymentId, claim.epoch))) return false;
      await streams.append(tx, claim.deploymentId, claim.hide(events));
      return true;
    });
  }

  /** Ends the deployment, wakes the next one of its stack; false when the attempt has lost it. */
  async finish(held: Held, given: Result): Promise<boolean> {
    const result = held.hide ? held.hide(given) : given;
    return transaction(this.#deps.db, async (tx) => {
      if (!(await queries.finish(tx, held.deploymentId, held.epoch, result))) return false;
      const { state, error } = result;
      await streams.append(tx, held.deploymentId, [
        ...(result.outputs ? [{ kind: "outputs", data: { outputs: result.outputs } }] : []),
        { kind: "state", data: { state, ...(error && { error }), changes: result.changes ?? {} } },
      ]);
      await streams.end(tx, held.deploymentId);
      await this.#tellEnd(tx, held.deploymentId, result);
      await notify(tx, "deployment_queued", held.deploymentId);
      return true;
    });
  }

  /**
   * Settles a deployment whose engine ended without a word: closes its update,
   * then queues it again, or ends it with the steps that nobody can vouch for.
   */
  async settle(
    abandoned: Abandoned & { hide?: streams.Hide },
    known: Known = { diagnostics: [], timings: {} },
  ): Promise<"requeued" | "ended" | "lost"> {
    const { db, state } = this.#deps;
    const update = await queries.updateOf(db, abandoned.deploymentId);
    const open = update ? await state.closeInterrupted(update.id) : [];
    // Closing may have published a version.
    const version = Number((await queries.updateOf(db, abandoned.deploymentId))?.version) || undefined;
    // The engine had finished; only its messenger was lost.
    if (update?.state === "succeeded") return this.#end(abandoned, { ...known, state: "succeeded", version });
    if (update?.state === "failed" && !abandoned.givenBack && !abandoned.cancelRequested) {
      return this.#end(abandoned, {
        ...known,
        state: "failed",
        version,
        error: "The update failed, and its worker was lost before it could say why: see the events.",
      });
    }
    const stack = await queries.stackName(db, abandoned.deploymentId);
    const decision = recover({ ...abandoned, stack }, open);
    if (decision.action === "requeue") {
      const requeued = await transaction(db, async (tx) => {
        if (!(await queries.requeue(tx, abandoned.deploymentId, abandoned.epoch))) return false;
        await streams.append(tx, abandoned.deploymentId, [
          {
            kind: "state",
            data: { state: "queued", reason: "The engine was ended; the deployment is run again." },
          },
        ]);
        await notify(tx, "deployment_queued", abandoned.deploymentId);
        return true;
      });
      return requeued ? "requeued" : "lost";
    }
    const end =
      decision.action === "cancel"
        ? { state: "cancelled" as const }
        : { state: "failed" as const, error: decision.error };
    return this.#end(abandoned, { ...known, ...end, version });
  }

  /** Whether anything waits that could start: a glance, before a runner is taken. */
  hasWork(): Promise<boolean> {
    return queries.hasQueued(this.#deps.db);
  }

  /** Ends an update whose engine was killed. */
  async closeInterrupted(updateId: string): Promise<void> {
    await this.#deps.state.closeInterrupted(updateId);
  }

  /** The second audit row, how what the requester asked for ended; then whoever else has to know. */
  async #tellEnd(tx: Tx, deploymentId: string, result: Result): Promise<void> {
    const row = await queries.auditOf(tx, deploymentId);
    const requester: SystemPrincipal = {
      kind: "system",
      accountId: row.requester_id,
      name: row.requester,
      organizationId: row.organization_id,
      organizationName: row.organization,
      bindings: [],
    };
    await record(tx, requester, {
      action: `deployment.${row.operation}`,
      object: deploymentId,
      phase: "result",
      result: row.state,
      requestId: row.request_id,
    });
    await this.#deps.ended?.(tx, requester, deploymentId, result);
  }

  async #end(held: Held, result: Result): Promise<"ended" | "lost"> {
    return (await this.finish(held, result)) ? "ended" : "lost";
  }

  /** The update that the attempt's engine made, if it got so far. */
  updateOf(deploymentId: string) {
    return queries.updateOf(this.#deps.db, deploymentId);
  }

  /** Whether runners should have the policies ready. */
  forcesPolicies(): Promise<boolean> {
    return queries.forcesPolicies(this.#deps.db);
  }

  nextSlot(): Promise<number> {
    return queries.nextSlot(this.#deps.db);
  }

  async register(worker: Omit<Worker, "id">): Promise<{ id: string; lockKey: string }> {
    const id = newId("wrk");
    const lockKey = randomBytes(8).readBigInt64BE().toString();
    await queries.insertWorker(this.#deps.db, { ...worker, id }, lockKey);
    return { id, lockKey };
  }

  beat(workerId: string): Promise<void> {
    return queries.beat(this.#deps.db, workerId);
  }

  unregister(workerId: string): Promise<void> {
    return queries.endWorker(this.#deps.db, workerId);
  }

  workers(): Promise<queries.WorkerRow[]> {
    return queries.openWorkers(this.#deps.db);
  }

  cancelRequested(workerId: string): Promise<string[]> {
    return queries.cancelRequested(this.#deps.db, workerId);
  }

  /** Ends a worker that is taken for dead, and takes over what it ran. */
  inherit(inheritance: queries.Inheritance): Promise<Abandoned[]> {
    return transaction(this.#deps.db, async (tx) => {
      // Before its deployments are read: a claim of that worker is either among them, or refused.
      await queries.endWorker(tx, inheritance.from);
      return queries.takeOver(tx, inheritance);
    });
  }

  /**
   * What the rows say that the worker runs, and it knows nothing of: the database went away while a claim or a
   * takeover was committed, and the answer was lost.
   */
  takeForgotten(workerId: string, machineId: string, known: readonly string[]): Promise<Abandoned[]> {
    return queries.takeOver(this.#deps.db, { from: workerId, to: workerId, machineId, except: known });
  }
}

/** What every write of an attempt carries; one that was taken over has heard of no secret. */
type Held = Pick<Claim, "deploymentId" | "epoch"> & { hide?: streams.Hide };

/** What the worker had heard of a deployment before its engine was lost. */
export type Known = Pick<Result, "changes" | "diagnostics" | "timings">;
