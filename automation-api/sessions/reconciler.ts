import { isolationOf, type SessionTarget } from "../../plugins/roost/index.ts";
import type { SystemPrincipal } from "../access/permissions.ts";
import { record } from "../audit/service.ts";
import { notify } from "../db/notify.ts";
import { type Db, type Tx, transaction } from "../db/transaction.ts";
import { failSession, noteStart } from "./plan-queries.ts";
import { endSession } from "./queries.ts";
import { type Correction, reconcile } from "./reconcile.ts";
import * as queries from "./reconcile-queries.ts";

/** Sessions that end in one pass: a thousand that expire together are told to end by and by. */
const endsAtOnce = 100;
const stopSeconds = 30;
const evidenceLines = 50;

export interface ReconcilerDependencies {
  db: Db;
  system: SystemPrincipal;
  onReady?(seconds: number): void;
  onLeak?(count: number): void;
  introduce?(sessionId: string): void;
  onFault(message: string, error?: unknown): void;
}

/** Carries out what `reconcile` decides, and ends what has expired. Every pass may be repeated. */
export class Reconciler {
  readonly #deps: ReconcilerDependencies;

  constructor(deps: ReconcilerDependencies) {
    this.#deps = deps;
  }

  /** Makes one target and the ledger the same set, as far as one look goes. */
  async compare(target: SessionTarget): Promise<void> {
    const { place } = target;
    const after: (() => void)[] = [];
    const stops = await transaction(this.#deps.db, async (tx) => {
      after.splice(0);
      if (!(await queries.takeTurn(tx, place))) return [];
      const found = await target.list();
      // After the list: a row is there before what it starts.
      const ledger = await queries.readLedger(
        tx,
        place,
        found.map(({ id }) => id),
      );
      const batches = [...new Set(found.flatMap(({ batch }) => batch ?? []))];
      const waiting = await queries.listWaitingBatches(tx, batches);
      const corrections = reconcile(found, ledger, place, waiting);
      for (const correction of corrections) await this.#apply(tx, target, correction, after);
      return corrections.filter((each) => each.do === "stop");
    });
    for (const work of after) work();
    for (const { id, leak } of stops) {
      if (leak) this.#deps.onLeak?.(1);
      this.#deps.onFault(`session ${id} runs on ${place} and should not: it is stopped`);
      await target.stop(id, AbortSignal.timeout(stopSeconds * 1000));
    }
  }

  /** @returns whether there may be more that has expired. */
  async expire(): Promise<boolean> {
    return transaction(this.#deps.db, async (tx) => {
      const expired = await queries.findExpired(tx, endsAtOnce);
      for (const { id, template_id: templateId, owner, reason } of expired) {
        await endSession(tx, id, reason);
        await record(tx, this.#deps.system, {
          action: "session.end",
          object: id,
          phase: "intent",
          detail: { user: owner, reason },
        });
        await notify(tx, "session_end", id);
        await notify(tx, "session", templateId);
      }
      return expired.length === endsAtOnce;
    });
  }

  async #apply(tx: Tx, target: SessionTarget, correction: Correction, after: (() => void)[]): Promise<void> {
    const seen = { place: target.place, isolation: isolationOf(target) };
    switch (correction.do) {
      case "ready": {
        const ready = await queries.markReady(tx, { ...correction, ...seen });
        if (!ready) return;
        await noteStart(tx, ready.template_id, true);
        await record(tx, this.#deps.system, {
          action: "session.start",
          object: correction.id,
          phase: "result",
          detail: { user: ready.owner, seconds: Math.round(ready.seconds * 10) / 10 },
        });
        await notify(tx, "session", ready.template_id);
        after.push(() => this.#deps.onReady?.(ready.seconds));
        if (ready.introduce) after.push(() => this.#deps.introduce?.(correction.id));
        return;
      }
      case "place":
        await queries.markPlace(tx, { ...correction, ...seen });
        return;
      case "fail": {
        const { id, reason, error } = correction;
        const printed = await target.lastLines(id);
        const lines = printed.slice(-evidenceLines).join("\n");
        const failed = await failSession(tx, { id, reason, error, evidence: lines || null });
        if (!failed) return;
        if (failed.wasStarting) await noteStart(tx, failed.template_id, false);
        const detail = { user: failed.owner, reason, error };
        await record(tx, this.#deps.system, {
          action: "session.fail",
          object: id,
          phase: "result",
          result: "failed",
          detail,
        });
        await notify(tx, "session_end", id);
        await notify(tx, "session", failed.template_id);
        return;
      }
      case "stop":
        return;
    }
  }
}
