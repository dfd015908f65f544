import { createHash, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { zstdCompress, zstdDecompress } from "node:zlib";
import type { Facts } from "../../host-provisioning/facts/index.ts";
import {
  classifyPackages,
  planReset,
  type Rehearsal,
  readRehearsal,
  readSurvey,
  resetAction,
  type Selection,
  type Survey,
  surveyScript,
  wholeProfile,
} from "../../host-provisioning/reset/index.ts";
import { actionScript, undoScript } from "../../host-provisioning/undo/index.ts";
import { authorize } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { record } from "../audit/service.ts";
import { newId } from "../db/id.ts";
import { type Db, transaction } from "../db/transaction.ts";
import type { RequestContext } from "../deployments/service.ts";
import { invalid, notFound, RoostError } from "../errors.ts";
import type { HostChanges, HostReader, ReadableHost } from "../hosts/service.ts";
import type { Scans } from "../scans/service.ts";
import type {
  CustomRequest,
  ExecuteRequest,
  Preview,
  PreviewRequest,
  Reset,
  RollbackRequest,
} from "./contract.ts";
import { confirmation, type StoredPlan, selectionOf, stateOf, summarize } from "./domain.ts";
import * as queries from "./queries.ts";

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
const surveyLimits = { deadlineMs: 120_000, capBytes: 64 * 1024 * 1024 };
const rehearsalLimits = { deadlineMs: 300_000, capBytes: 64 * 1024 * 1024 };

interface Dependencies {
  db: Db;
  reader: HostReader;
  scans: Scans;
  changes: HostChanges;
}

interface Options extends RequestContext {
  signal?: AbortSignal;
}

/** Resets of hosts: planned on what is there, rehearsed, carried out as deployments, taken back as deployments. */
export class Resets {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** What each package and file of a host is there for. */
  async analyze(principal: Principal, reference: string | undefined, options: Options = {}) {
    authorize(principal, "host:connect");
    const host = await this.#deps.reader.find(principal, reference, "query.host");
    const { facts, survey } = await this.#look(principal, host, options);
    const { packages } = facts.software;
    const groups = Map.groupBy(survey.files, (file) => file.class);
    const sum = (numbers: number[]) => numbers.reduce((total, each) => total + each, 0);
    return {
      host: { id: host.id, name: host.name },
      packages: Object.entries(classifyPackages(facts, survey)).map(([name, classified]) => ({
        name,
        version: packages[name]?.version ?? "",
        ...classified,
      })),
      files: [...groups].map(([kind, files]) => ({
        class: kind,
        files: files.length,
        bytes: sum(files.map(({ bytes }) => bytes)),
        allocatedBytes: sum(files.map(({ allocatedBytes }) => allocatedBytes)),
      })),
    };
  }

  /** Plans and rehearses; the host stays as it is. */
  async preview(principal: Principal, request: PreviewRequest, options: Options = {}): Promise<Preview> {
    const { host, ...selection } = request;
    return this.#plan(principal, host, selection, options);
  }

  /** As `preview`, for a workflow of one's own. */
  async custom(principal: Principal, request: CustomRequest, options: Options = {}): Promise<Preview> {
    const selection = selectionOf(request.workflow);
    const { include } = selection.packages;
    if (selection.profile === null && include.length === 0 && selection.paths.include.length === 0)
      throw invalid("workflow", "nothing of it takes anything away");
    return this.#plan(principal, request.host, selection, options);
  }

  /** Queues what a preview showed. The host refuses by itself when it is no longer as it was then. */
  async execute(principal: Principal, request: ExecuteRequest, context: RequestContext = {}): Promise<Reset> {
    authorize(principal, "host:change");
    const row = await this.#find(principal, request.reset);
    if (row.plan_hash !== request.planHash)
      throw new RoostError("precondition_failed", "That is not the plan of this preview: look at it again.");
    const words = wordsFor(row);
    if (words !== null && request.confirm !== words)
      throw invalid("confirm", "this takes nearly everything away: give the words of the preview", {
        allowed: words,
      });
    if (stateOf(row.apply_state, row.undo_state) !== "planned")
      throw new RoostError("conflict", `${row.id} was carried out already; it needs a new preview.`);
    const { plan, rehearsal } = await readPlan(row);
    const script = actionScript(resetAction(row.id, plan.work, rehearsal));
    return this.#queue(principal, row, "deployment_id", {
      arguments: "apply",
      script,
      message: `Reset ${row.host_name}: ${row.profile ?? "custom"}`,
      context,
    });
  }

  /** Queues the way back. */
  async rollback(
    principal: Principal,
    request: RollbackRequest,
    context: RequestContext = {},
  ): Promise<Reset> {
    authorize(principal, "host:change");
    const row = await this.#find(principal, request.reset);
    const state = stateOf(row.apply_state, row.undo_state);
    if (state !== "applied" && state !== "failed")
      throw new RoostError("conflict", `${row.id} is ${state}: there is nothing to take back now.`);
    return this.#queue(principal, row, "undo_deployment_id", {
      arguments: `rollback ${request.onChange}`,
      script: undoScript(row.id),
      message: `Take back the reset of ${row.host_name}`,
      context,
    });
  }

  async status(principal: Principal, id: string): Promise<Reset> {
    authorize(principal, "host:read");
    return view(await this.#find(principal, id));
  }

  async #plan(
    principal: Principal,
    reference: string | undefined,
    selection: Selection,
    options: Options,
  ): Promise<Preview> {
    authorize(principal, "host:connect");
    const host = await this.#deps.reader.find(principal, reference, "host");
    const { facts, survey } = await this.#look(principal, host, options);
    const plan = planReset(facts, survey, selection);
    const id = newId("rst");
    const rehearsal = await this.#rehearse(host, id, plan.work, options.signal);
    const stored: StoredPlan = { plan, rehearsal };
    const text = Buffer.from(JSON.stringify(stored));
    await transaction(this.#deps.db, async (tx) => {
      await queries.insertReset(tx, {
        id,
        organization_id: principal.organizationId,
        host_id: host.id,
        host_name: host.name,
        profile: selection.profile,
        selection: JSON.stringify(selection),
        plan: await compress(text),
        plan_hash: createHash("sha256").update(text).digest("hex"),
        summary: JSON.stringify(summarize(stored)),
        deployment_id: null,
        undo_deployment_id: null,
        requester: principal.name,
      });
      const detail = { host: host.name, reset: id, profile: selection.profile };
      const { requestId } = options;
      await record(tx, principal, {
        action: "host.plan-reset",
        object: host.id,
        phase: "result",
        detail,
        requestId,
      });
    });
    const row = await this.#find(principal, id);
    return {
      ...view(row),
      confirm: wordsFor(row),
      packages: plan.packages,
      kept: plan.kept,
      services: plan.services,
      ports: plan.ports,
      changes: rehearsal.changes.map(({ kind, type, path, bytes }) => ({ kind, type, path, bytes })),
    };
  }

  async #look(
    principal: Principal,
    host: ReadableHost,
    { requestId, signal }: Options,
  ): Promise<{ facts: Facts; survey: Survey }> {
    const { facts } = await this.#deps.scans.scan(principal, host.id, { requestId, signal });
    if (facts.software.manager !== "dpkg") {
      const system = facts.system.os.name ?? "Its system";
      throw new RoostError(
        "unprocessable",
        `${host.name}: ${system} cannot be reset yet, only Debian and its relatives.`,
      );
    }
    const mark = randomBytes(16).toString("hex");
    const run = { script: surveyScript(mark), ...surveyLimits, signal };
    const { stdout } = await this.#deps.reader.run(host, run);
    const survey = readSurvey(stdout, mark);
    if (survey) return { facts, survey };
    throw new RoostError("unprocessable", `${host.name}: The survey did not come to its end there.`);
  }

  async #rehearse(
    host: ReadableHost,
    id: string,
    work: StoredPlan["plan"]["work"],
    signal?: AbortSignal,
  ): Promise<Rehearsal> {
    const script = actionScript(resetAction(id, work), "rehearse");
    const { stdout } = await this.#deps.reader.run(host, { script, ...rehearsalLimits, signal });
    const rehearsal = readRehearsal(stdout);
    if (rehearsal) return rehearsal;
    throw new RoostError("unprocessable", `${host.name}: The rehearsal did not come to its end there.`);
  }

  async #queue(
    principal: Principal,
    row: queries.ResetRow,
    column: "deployment_id" | "undo_deployment_id",
    change: { arguments: string; script: string; message: string; context: RequestContext },
  ): Promise<Reset> {
    if (row.host_id === null)
      throw new RoostError("conflict", `${row.host_name} is no longer in the inventory.`);
    const host = await this.#deps.reader.find(principal, row.host_id, "reset");
    const { arguments: words, script, message, context } = change;
    // Each way back is an action of its own, also when one before it was stopped.
    const action = column === "deployment_id" ? row.id : newId("dep").replace("dep", "undo");
    await transaction(this.#deps.db, async (tx) => {
      const queued = await this.#deps.changes.queue(
        tx,
        principal,
        host,
        { action, arguments: words, script, message },
        context,
      );
      const isFirst = await queries.noteDeployment(tx, row.id, column, {
        before: row[column],
        after: queued.id,
      });
      if (!isFirst) throw new RoostError("conflict", `Somebody else has just asked for this of ${row.id}.`);
    });
    return view(await this.#find(principal, row.id));
  }

  async #find({ organizationId }: Principal, id: string): Promise<queries.ResetRow> {
    const row = await queries.findReset(this.#deps.db, organizationId, id);
    if (!row) throw notFound("Reset", id);
    return row;
  }
}

function wordsFor({ profile, host_name: name, plan_hash: hash }: queries.ResetRow): string | null {
  return profile !== null && wholeProfile(profile).needsConfirmation ? confirmation(name, hash) : null;
}

async function readPlan({ plan }: queries.ResetRow): Promise<StoredPlan> {
  return JSON.parse((await decompress(plan)).toString()) as StoredPlan;
}

function view(row: queries.ResetRow): Reset {
  const { apply_state: apply, apply_error: applyError, undo_state: undo, undo_error: undoError } = row;
  return {
    id: row.id,
    host: { id: row.host_id, name: row.host_name },
    state: stateOf(apply, undo),
    profile: row.profile,
    planHash: row.plan_hash,
    summary: row.summary as Reset["summary"],
    deployment:
      apply && row.deployment_id ? { id: row.deployment_id, state: apply, error: applyError } : null,
    undo:
      undo && row.undo_deployment_id ? { id: row.undo_deployment_id, state: undo, error: undoError } : null,
    requester: row.requester,
    createdAt: row.created_at.toISOString(),
  };
}
