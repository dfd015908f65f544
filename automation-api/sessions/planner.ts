import type { SystemPrincipal } from "../access/permissions.ts";
import { record } from "../audit/service.ts";
import { newId } from "../db/id.ts";
import { type Db, type Tx, transaction } from "../db/transaction.ts";
import { type NewDeployment, newDeployment } from "../deployments/contract.ts";
import type { Deployments } from "../deployments/service.ts";
import { groupStarts } from "./batches.ts";
import type { Launches } from "./launches.ts";
import { type PlannedShard, planTemplate, shardSize, type TemplateFacts } from "./plan.ts";
import * as queries from "./plan-queries.ts";
import type { IdCipher } from "./service.ts";

export interface PlannerDependencies {
  db: Db;
  deployments: Pick<Deployments, "queue">;
  cipher: IdCipher;
  system: SystemPrincipal;
  /** Of targets whose launches are limited. */
  launches?: Partial<Record<queries.PlanTemplate["target"], Launches>>;
}

/** Carries out what `planTemplate` decides: pool, shards and the updates of their stacks, in one transaction. */
export class Planner {
  readonly #deps: PlannerDependencies;

  constructor(deps: PlannerDependencies) {
    this.#deps = deps;
  }

  /** @returns whether anything was done: then there may be more to do. */
  async plan(templateId: string): Promise<boolean> {
    return transaction(this.#deps.db, async (tx) => {
      const template = await queries.lockForPlan(tx, templateId);
      if (!template) return false;
      await queries.lockRequested(tx, templateId);
      const shards = await this.#shards(tx, templateId);
      const sessions = await queries.listLive(tx, templateId);
      const facts: TemplateFacts = {
        revision: template.revision,
        exists: template.exists,
        backingOff: template.backing_off,
        rule: {
          floor: template.pool_floor,
          ceiling: template.pool_ceiling,
          paused: template.pool_paused,
        },
        demand: await queries.readDemand(tx, templateId),
        sessions,
        shards,
        budget: await this.#budget(tx, template.target),
      };
      const plan = planTemplate(facts);
      if (plan.add > 0) {
        const ids = Array.from({ length: plan.add }, () => newId("ses"));
        await queries.insertPool(tx, templateId, ids);
        // Planned anew, so that what goes and what takes its place are one update.
        return true;
      }
      for (const reason of ["surplus", "outdated"] as const) {
        const ids = plan.stop.filter((each) => each.reason === reason).map(({ id }) => id);
        await this.#endPool(tx, templateId, ids, reason);
      }
      for (const { id, error } of plan.fail) await this.#fail(tx, id, error);
      await queries.markGone(tx, plan.gone);
      await queries.assign(tx, plan.assign);
      await this.#group(
        tx,
        template,
        plan.assign.map(({ id }) => id),
      );
      for (const update of plan.update) await this.#update(tx, template, shards, update);
      return plan.stop.length + plan.fail.length + plan.gone.length > 0;
    });
  }

  /** What starts on ECS is counted there, so a server that does not reach it starts nothing. */
  async #budget(tx: Tx, target: queries.PlanTemplate["target"]): Promise<number> {
    if (target !== "ecs") return Number.POSITIVE_INFINITY;
    return (await this.#deps.launches?.[target]?.budget(tx)) ?? 0;
  }

  /** Groups what starts into calls, where a target counts them. The rows are there before anything is started. */
  async #group(tx: Tx, { id: templateId, target }: queries.PlanTemplate, ids: string[]): Promise<void> {
    const place = this.#deps.launches?.[target]?.limit.place;
    if (place === undefined || ids.length === 0) return;
    const revisions = new Map(
      (await queries.listUnbatched(tx, ids)).map(({ id, revision }) => [id, revision]),
    );
    const starts = ids.flatMap((id) => {
      const revision = revisions.get(id);
      return revision === undefined ? [] : [{ id, revision }];
    });
    for (const sessions of groupStarts(starts)) {
      await queries.insertBatch(tx, { id: newId("bat"), templateId, place, sessions });
    }
  }

  async #shards(tx: Tx, templateId: string): Promise<PlannedShard[]> {
    const rows = await queries.listShards(tx, templateId);
    return Promise.all(
      rows.map(async (row) => {
        const faults = faultsOf(row.diagnostics ?? []);
        const { number, held, busy } = row;
        const base = { number, held, busy, faults, error: row.error };
        if (busy || row.noted || row.state === null) return { ...base, due: row.due, failures: row.failures };
        // What failed of single sessions leaves the program, so the next update need not wait.
        const isStuck = row.state !== "succeeded" && Object.keys(faults).length === 0;
        const failures = isStuck ? row.failures + 1 : 0;
        await queries.noteEnd(tx, templateId, number, failures);
        return { ...base, due: !isStuck, failures };
      }),
    );
  }

  async #endPool(tx: Tx, templateId: string, ids: string[], reason: "surplus" | "outdated"): Promise<void> {
    const ended = await queries.endPool(tx, ids, reason);
    if (ended.length === 0) return;
    await record(tx, this.#deps.system, {
      action: "session.end",
      object: templateId,
      phase: "intent",
      detail: { sessions: ended, reason },
    });
  }

  async #fail(tx: Tx, id: string, error: string): Promise<void> {
    const failed = await queries.failSession(tx, { id, reason: "start", error, evidence: null });
    if (!failed) return;
    await queries.noteStart(tx, failed.template_id, false);
    await record(tx, this.#deps.system, {
      action: "session.start",
      object: id,
      phase: "result",
      result: "failed",
      detail: { user: failed.owner, error },
    });
  }

  /** One update for all that has come together; the rows say "starting" before anything is started. */
  async #update(
    tx: Tx,
    template: queries.PlanTemplate,
    shards: (PlannedShard & { stack?: string })[],
    { shard, sessions }: { shard: number; sessions: string[] },
  ): Promise<void> {
    const held = new Set(shards.find(({ number }) => number === shard)?.held ?? []);
    const starts = sessions.filter((id) => !held.has(id));
    const stops = [...held].filter((id) => !sessions.includes(id)).length;
    const program = await queries.readProgram(tx, template.id, sessions);
    const secrets = program.revisions.flatMap(({ revision, secret_environment: sealed }) =>
      sealed === null ? [] : [[revision, this.#open(template.id, sealed)] as const],
    );
    const input = {
      project: template.project,
      stack: stackName(template, shard),
      operation: "update",
      program: { builtin: "session-shard" },
      config: {
        target: template.target,
        workloads: Object.fromEntries(
          program.revisions.map(({ revision, workload }) => [revision, workload]),
        ),
        sessions: program.sessions,
        starts,
        ...(Object.keys(program.batches).length > 0 && { batches: program.batches }),
      },
      secrets: {
        secretEnvironments: secrets.length > 0 ? JSON.stringify(Object.fromEntries(secrets)) : null,
      },
      message: `${template.name}: ${starts.length} to start, ${stops} to stop`,
      options: { parallel: shardSize, continueOnError: true },
    };
    const deployment = await this.#deps.deployments.queue(
      tx,
      this.#deps.system,
      newDeployment.parse(input) as NewDeployment,
    );
    await queries.noteQueued(tx, {
      templateId: template.id,
      number: shard,
      deploymentId: deployment.id,
      sessions,
    });
  }

  #open(id: string, sealed: Buffer): Record<string, string> {
    return JSON.parse(this.#deps.cipher.decrypt(id, sealed).toString("utf8"));
  }
}

/** A template that is made anew under an old name gets stacks of its own. */
function stackName({ name, id }: { name: string; id: string }, shard: number): string {
  return `${name}-${id.slice(-6)}-${shard}`;
}

/** What an update said of single sessions, whose names are their ids. */
function faultsOf(
  diagnostics: { severity: string; message: string; urn?: string }[],
): Record<string, string> {
  return Object.fromEntries(
    diagnostics.flatMap(({ severity, message, urn }) => {
      const id = urn?.split("::").at(-1);
      return severity === "error" && id?.startsWith("ses_") ? [[id, message.trim()]] : [];
    }),
  );
}
