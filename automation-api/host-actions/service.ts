import { createHash } from "node:crypto";
import { jobScript } from "../../host-provisioning/jobs/index.ts";
import {
  actionOf,
  actionScript,
  type Draft,
  emptyDraft,
  type Rehearsal,
  readRehearsal,
  undoScript,
} from "../../host-provisioning/undo/index.ts";
import { authorize, may } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { record } from "../audit/service.ts";
import type { IdCipher } from "../credentials/service.ts";
import { newId } from "../db/id.ts";
import { type Db, type Tx, transaction } from "../db/transaction.ts";
import type { RequestContext } from "../deployments/service.ts";
import { invalid, notFound, RoostError } from "../errors.ts";
import type { HostChanges, HostReader, MeasuredChange, ReadableHost } from "../hosts/service.ts";
import { decodeCursor, type Page, pageOf } from "../http/page.ts";
import type {
  ActionKind,
  ActionQuery,
  ExecuteRequest,
  HostAction,
  PlannedAction,
  Verified,
} from "./contract.ts";
import {
  carriedOut,
  confirmation,
  newHostKey,
  progressOf,
  renewsHostKeys,
  revertible,
  type StoredPlan,
  standing,
  summarize,
} from "./domain.ts";
import { openPlan, type Planning, sealPlan } from "./plan.ts";
import * as queries from "./queries.ts";
import { stateOfRow, viewAction } from "./views.ts";

const rehearsalLimits = { deadlineMs: 300_000, capBytes: 64 * 1024 * 1024 };
const verifyDeadlineMilliseconds = 60_000;
const progressDeadlineMilliseconds = 5_000;
const riskySeconds = 120;
/** The host takes a change that is measured back unless it is let stand within the time of measuring and so much. */
const measuringSpareSeconds = 300;

interface Dependencies {
  db: Db;
  /** Plans hold what is written to hosts, which may be secret. */
  cipher: IdCipher;
  reader: HostReader;
  changes: HostChanges;
}

/** How a deployment ended, and what its program says at its end. */
interface Ended {
  state: string;
  outputs?: Record<string, unknown>;
}

export type { Planning } from "./plan.ts";

export interface ActionOptions extends RequestContext {
  signal?: AbortSignal;
}

/**
 * Changes of hosts of every kind: planned by their own noun, and from there on one way for all of them: rehearsed and
 * kept, carried out, confirmed and taken back as deployments of the stack `hosts/ID`.
 */
export class HostActions {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Rehearses what was planned, and keeps it. The host stays as it is. */
  async plan<Detail>(
    principal: Principal,
    host: ReadableHost,
    planning: Planning<Detail>,
    { requestId, signal }: ActionOptions = {},
  ): Promise<PlannedAction<Detail>> {
    authorize(principal, "host:connect");
    const { kind, title, draft, detail, packages, needsWords = false, risky = false, benchmark } = planning;
    const id = newId(kind === "reset" ? "rst" : "act");
    const rehearsal = await this.#rehearse(host, id, draft, signal);
    const changes = rehearsal.changes.map(({ kind, type, path, bytes }) => ({ kind, type, path, bytes }));
    const stored: StoredPlan = { action: actionOf(id, draft, rehearsal), changes, detail, benchmark };
    const text = Buffer.from(JSON.stringify(stored));
    const hash = createHash("sha256").update(text).digest("hex");
    await transaction(this.#deps.db, async (tx) => {
      await queries.insertAction(tx, {
        id,
        organization_id: principal.organizationId,
        host_id: host.id,
        host_name: host.name,
        kind,
        title,
        request: JSON.stringify(planning.request),
        plan: await sealPlan(this.#deps.cipher, id, text),
        plan_hash: hash,
        summary: JSON.stringify(summarize(rehearsal.changes, packages)),
        risky,
        needs_words: needsWords,
        deployment_id: null,
        confirm_deployment_id: null,
        undo_deployment_id: null,
        requester: principal.name,
      });
      await record(tx, principal, {
        action: "host.plan",
        object: host.id,
        phase: "result",
        detail: { host: host.name, action: id, kind, title },
        requestId,
      });
    });
    const row = await this.#find(principal, id);
    return { ...viewAction(row), confirm: wordsFor(row), changes, detail };
  }

  /** For requests that say what is to be done: plans it, and carries it out unless only a preview was asked for. */
  async run<Detail>(
    principal: Principal,
    { dryRun, confirmSeconds }: { dryRun: boolean; confirmSeconds?: number },
    planning: () => Promise<{ host: ReadableHost; planning: Planning<Detail> }>,
    options: ActionOptions = {},
  ): Promise<PlannedAction<Detail>> {
    authorize(principal, dryRun ? "host:connect" : "host:change");
    const { host, planning: found } = await planning();
    const planned = await this.plan(principal, host, found, options);
    if (dryRun) return planned;
    const { id, planHash } = planned;
    return { ...planned, ...(await this.execute(principal, id, { planHash, confirmSeconds }, options)) };
  }

  /**
   * Queues what a preview showed. The host refuses by itself when it is no longer as it was then.
   * @param kind that it has to be of. Default: any.
   */
  async execute(
    principal: Principal,
    id: string,
    request: ExecuteRequest,
    context: RequestContext = {},
    kind?: ActionKind,
  ): Promise<HostAction> {
    authorize(principal, "host:change");
    const row = await this.#find(principal, id, kind);
    if (row.plan_hash !== request.planHash)
      throw new RoostError("precondition_failed", "That is not the plan of this preview: look at it again.");
    const words = wordsFor(row);
    if (words !== null && request.confirm !== words)
      throw invalid("confirm", "this takes nearly everything away: give the words of the preview", {
        allowed: words,
      });
    if (stateOfRow(row) !== "planned")
      throw new RoostError("conflict", `${row.id} was carried out already; it needs a new preview.`);
    const { action, benchmark } = await this.#readPlan(row);
    const asked = request.confirmSeconds ?? (row.risky ? riskySeconds : 0);
    // The deployment of a benchmark confirms by itself, at its end.
    const confirmSeconds = benchmark ? benchmark.seconds + measuringSpareSeconds : asked;
    if (confirmSeconds === 0 && renewsHostKeys(action))
      throw invalid("confirmSeconds", "it renews the host's keys, so a login by a new one has to confirm it");
    return this.#queue(principal, row, "deployment_id", {
      arguments: "apply",
      script: actionScript({ ...action, confirmSeconds }),
      message: `${row.host_name}: ${row.title}`,
      confirmSeconds: benchmark ? 0 : confirmSeconds,
      benchmark,
      context,
    });
  }

  /** Queues the word that a change stays: it is said on the host, by a login of its own. */
  async confirm(principal: Principal, id: string, context: RequestContext = {}): Promise<HostAction> {
    authorize(principal, "host:change");
    const row = await this.#find(principal, id);
    const state = stateOfRow(row);
    // Whether it was in time is the host's to say.
    if (state !== "unconfirmed" && state !== "lapsed")
      throw new RoostError("conflict", `${row.id} is ${state}: there is nothing to confirm now.`);
    return this.#queue(principal, row, "confirm_deployment_id", {
      arguments: "confirm",
      script: undoScript(row.id),
      message: `${row.host_name}: ${row.title}, confirmed`,
      context,
    });
  }

  /** Queues the way back. */
  async rollback(
    principal: Principal,
    id: string,
    onChange: "stop" | "keep" | "replace",
    context: RequestContext = {},
    kind?: ActionKind,
  ): Promise<HostAction> {
    authorize(principal, "host:change");
    const row = await this.#find(principal, id, kind);
    const state = stateOfRow(row);
    if (!revertible.includes(state))
      throw new RoostError("conflict", `${row.id} is ${state}: there is nothing to take back now.`);
    return this.#queue(principal, row, "undo_deployment_id", {
      arguments: `rollback ${onChange}`,
      script: undoScript(row.id),
      message: `${row.host_name}: ${row.title}, taken back`,
      context,
    });
  }

  /** What a deployment's end says of the key of its host, which is pinned once a login by it has succeeded. */
  async ended(tx: Tx, requester: Principal, deploymentId: string, { state, outputs }: Ended): Promise<void> {
    if (state !== "succeeded") return;
    const row = await queries.findByDeployment(tx, deploymentId);
    if (!row) return;
    const told = newHostKey(outputs?.reply, row.pinned_key);
    const isApply = row.deployment_id === deploymentId;
    if (isApply && row.confirm_seconds > 0) {
      if (told !== undefined) await queries.noteHostKey(tx, row.id, told);
      return;
    }
    const shown = row.confirm_deployment_id === deploymentId ? row.host_key : told;
    if (shown != null) await this.#deps.changes.pin(tx, requester, row.host_id, shown);
    if (!isApply) await queries.noteHostKey(tx, row.id, null);
  }

  /** Looks on the host whether everything that the action was to reach is so now. */
  async verify(principal: Principal, id: string, { signal }: ActionOptions = {}): Promise<Verified> {
    authorize(principal, "host:connect");
    const row = await this.#find(principal, id);
    const { action } = await this.#readPlan(row);
    const host = await this.#hostOf(principal, row);
    const script = actionScript(action, "verify");
    const run = { script, deadlineMs: verifyDeadlineMilliseconds, signal };
    const { stdout, stderr } = await this.#deps.reader.run(host, run);
    const [, holds, state] = /^holds (yes|no)\nstate (.*)\n$/.exec(stdout.toString("utf8")) ?? [];
    if (holds === undefined)
      throw new RoostError("unprocessable", `${host.name}: Its login writes into the output of scripts.`);
    const faults = stderr.split("\n").filter((line) => line !== "");
    return { holds: holds === "yes", state: state || "absent", faults: holds === "yes" ? [] : faults };
  }

  async status(principal: Principal, id: string, kind?: ActionKind): Promise<HostAction> {
    authorize(principal, "host:read");
    const row = await this.#find(principal, id, kind);
    const found = viewAction(row);
    const isUnderWay = found.state === "applying" || found.state === "undoing";
    if (!isUnderWay || !may(principal, "host:connect")) return found;
    return { ...found, progress: await this.#progress(principal, row) };
  }

  /** Nothing depends on it: a host that does not answer says nothing. */
  async #progress(principal: Principal, row: queries.ActionRow): Promise<HostAction["progress"]> {
    const script = actionScript(actionOf(row.id, emptyDraft), "status");
    try {
      const host = await this.#hostOf(principal, row);
      const run = { script, deadlineMs: progressDeadlineMilliseconds };
      return progressOf((await this.#deps.reader.run(host, run)).stdout.toString("utf8"));
    } catch {
      return null;
    }
  }

  /** The action with all that was planned. */
  async show(principal: Principal, id: string): Promise<PlannedAction> {
    authorize(principal, "host:read");
    const row = await this.#find(principal, id);
    const { changes, detail } = await this.#readPlan(row);
    return { ...viewAction(row), confirm: wordsFor(row), changes, detail: detail as Record<string, unknown> };
  }

  /** What the benchmark of an action found; undefined: it has none, or has not come to its end. */
  async benchmarkOf(principal: Principal, id: string): Promise<unknown> {
    authorize(principal, "host:read");
    const row = await this.#find(principal, id);
    return queries.readBenchmark(this.#deps.db, row.id);
  }

  /** What the last action of a kind that stands on a host was about; undefined: there is none. */
  async lastApplied(
    { organizationId }: Principal,
    host: string,
    kind: ActionKind,
    isWanted: (request: Record<string, unknown>) => boolean,
  ): Promise<unknown> {
    const rows = await queries.listActions(this.#deps.db, { organizationId, host, kind, limit: 200 });
    const stands = rows.find(
      (row) => standing.includes(stateOfRow(row)) && isWanted(row.request as Record<string, unknown>),
    );
    return stands && (await this.#readPlan(stands)).detail;
  }

  /** Actions of a kind that were carried out on a host, newest first, as far as `isWanted` by what was asked for. */
  async carriedOut(
    { organizationId }: Principal,
    host: string,
    kind: ActionKind,
    isWanted: (request: Record<string, unknown>) => boolean,
  ): Promise<HostAction[]> {
    const rows = await queries.listActions(this.#deps.db, { organizationId, host, kind, limit: 200 });
    return rows
      .map((row) => viewAction(row))
      .filter(({ state, request }) => carriedOut.includes(state) && isWanted(request));
  }

  /** What files were to hold once an action was done, and what else was told of it. */
  async stored(principal: Principal, id: string): Promise<{ texts: Map<string, string>; detail: unknown }> {
    const { action, detail } = await this.#readPlan(await this.#find(principal, id));
    const texts = action.goals.filter(([name]) => name === "goal_text").map(([, path, text]) => [path, text]);
    return { texts: new Map(texts as [string, string][]), detail };
  }

  async list(principal: Principal, query: ActionQuery): Promise<Page<HostAction>> {
    authorize(principal, "host:read");
    const host = query.host && (await this.#deps.reader.find(principal, query.host, "query.host"));
    const rows = await queries.listActions(this.#deps.db, {
      organizationId: principal.organizationId,
      kind: query.kind,
      host: host ? host.id : undefined,
      before: decodeCursor(query.cursor, /^(rst|act)_[0-9a-z]{26}$/),
      limit: query.limit + 1,
    });
    return pageOf(rows, query.limit, (row) => row.id, viewAction);
  }

  async #rehearse(host: ReadableHost, id: string, draft: Draft, signal?: AbortSignal): Promise<Rehearsal> {
    const script = actionScript(actionOf(id, draft), "rehearse");
    const { stdout } = await this.#deps.reader.run(host, { script, ...rehearsalLimits, signal });
    const rehearsal = readRehearsal(stdout);
    if (rehearsal) return rehearsal;
    throw new RoostError("unprocessable", `${host.name}: The rehearsal did not come to its end there.`);
  }

  async #queue(
    principal: Principal,
    row: queries.ActionRow,
    column: queries.DeploymentColumn,
    change: {
      arguments: string;
      script: string;
      message: string;
      confirmSeconds?: number;
      benchmark?: MeasuredChange;
      context: RequestContext;
    },
  ): Promise<HostAction> {
    const host = await this.#hostOf(principal, row);
    const { arguments: words, script, message, confirmSeconds, benchmark, context } = change;
    // Each way back is an action of its own, also when one before it was stopped.
    const verb = column === "undo_deployment_id" ? "undo" : "confirm";
    const action = column === "deployment_id" ? row.id : newId("dep").replace("dep", verb);
    await transaction(this.#deps.db, async (tx) => {
      // What nobody has to wait for to know it is no job; a benchmark asks for its steps one by one.
      const isJob = column !== "confirm_deployment_id" && benchmark === undefined;
      const sent = isJob ? jobScript(action, script) : script;
      const hostKey = row.host_key ?? undefined;
      const asked = { action, arguments: words, script: sent, message, benchmark, hostKey };
      const { id: after } = await this.#deps.changes.queue(tx, principal, host, asked, context);
      const noted = { before: row[column], after, confirmSeconds };
      if (!(await queries.noteDeployment(tx, row.id, column, noted)))
        throw new RoostError("conflict", `Somebody else has just asked for this of ${row.id}.`);
    });
    return viewAction(await this.#find(principal, row.id));
  }

  async #hostOf(principal: Principal, row: queries.ActionRow): Promise<ReadableHost> {
    if (row.host_id !== null) return this.#deps.reader.find(principal, row.host_id, "id");
    throw new RoostError("conflict", `${row.host_name} is no longer in the inventory.`);
  }

  async #find({ organizationId }: Principal, id: string, kind?: ActionKind): Promise<queries.ActionRow> {
    const [row] = await queries.listActions(this.#deps.db, { organizationId, id, kind, limit: 1 });
    if (!row) throw notFound(kind === "reset" ? "Reset" : "Action", id);
    return row;
  }

  async #readPlan({ id }: queries.ActionRow): Promise<StoredPlan> {
    const bytes = await queries.readPlan(this.#deps.db, id);
    if (bytes && bytes.length > 0) return openPlan(this.#deps.cipher, id, bytes);
    throw new RoostError(
      "conflict",
      `${id} was made by an older release, which kept its plan in another form.`,
    );
  }
}

function wordsFor({ kind, needs_words: isNeeded, host_name: name, plan_hash: hash }: queries.ActionRow) {
  return isNeeded ? confirmation(kind, name, hash) : null;
}
