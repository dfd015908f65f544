import { authorize, may, visibleProjects } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { record } from "../audit/service.ts";
import type { Costs } from "../costs/service.ts";
import { newId } from "../db/id.ts";
import { notify } from "../db/notify.ts";
import { type Db, type Tx, transaction } from "../db/transaction.ts";
import { invalid, notFound, RoostError } from "../errors.ts";
import { append, end, openStream } from "../events/service.ts";
import { decodeCursor, type Page, pageOf } from "../http/page.ts";
import type { ProgramReference } from "../programs/contract.ts";
import { describeProgram, isUserCode, type Programs } from "../programs/service.ts";
import { ensureProject, ensureStack } from "../projects/service.ts";
import {
  type AskedConfig,
  type CheckBuiltinConfig,
  configFaults,
  effectiveConfig,
  readConfig,
  type StoredConfig,
  toPatch,
} from "./configuration.ts";
import type { Deployment, DeploymentQuery, DeploymentSummary, NewDeployment } from "./contract.ts";
import { isFinished } from "./domain.ts";
import * as queries from "./queries.ts";
import { viewDeployment, viewSummary } from "./views.ts";

/** Encrypts a configuration secret under the stack's own key. */
export interface StackEncryption {
  encrypt(stackId: string, plaintext: Buffer): Buffer;
}

/** The built-in programs: which there are, and what configuration each takes. */
export interface BuiltinPrograms {
  has(name: string): boolean;
  checkConfig: CheckBuiltinConfig;
}

export interface DeploymentDependencies {
  db: Db;
  programs: Programs;
  cipher: StackEncryption;
  builtins: BuiltinPrograms;
  costs: Costs;
}

/** The project of the stacks of hosts, which the platform alone deploys: their runners log in to the hosts. */
export const hostsProject = "hosts";

export interface RequestContext {
  requestId?: string;
  /** Asked for by a part of the platform, which has authorized it; never by a request as it came. */
  ofPlatform?: boolean;
  /** W3C trace context. */
  traceParent?: string;
}

/** The people's side of the queue: deployments are asked for, seen and cancelled here; workers run them. */
export class Deployments {
  readonly #deps: DeploymentDependencies;

  constructor(deps: DeploymentDependencies) {
    this.#deps = deps;
  }

  /**
   * Queues a deployment; a missing project or stack is made. One transaction
   * holds the row, the audit line and the first event, and wakes a worker at commit.
   */
  async create(
    principal: Principal,
    input: NewDeployment,
    context: RequestContext = {},
  ): Promise<Deployment> {
    const asked = this.#read(input, context);
    if (input.program) await this.#deps.programs.checkReference(principal, input.program);
    const id = newId("dep");
    return transaction(this.#deps.db, (tx) => this.#queue(tx, principal, { id, input, asked, context }));
  }

  /** The same within a transaction, together with what it follows from. For built-in programs. */
  async queue(
    tx: Tx,
    principal: Principal,
    input: NewDeployment,
    context: RequestContext = {},
  ): Promise<Deployment> {
    return this.#queue(tx, principal, {
      id: newId("dep"),
      input,
      asked: this.#read(input, context),
      context,
    });
  }

  async list(principal: Principal, query: DeploymentQuery): Promise<Page<DeploymentSummary>> {
    const { project, stack, state, operation, limit } = query;
    const rows = await queries.listDeployments(this.#deps.db, {
      ...visible(principal),
      ...{ project, stack, state, operation },
      below: decodeCursor(query.cursor, /^\d{1,18}$/),
      limit: limit + 1,
    });
    return pageOf(rows, limit, (row) => row.sequence, viewSummary);
  }

  /** @throws not_found, also for what the principal may not see. */
  async find(principal: Principal, id: string): Promise<Deployment> {
    const [row] = await queries.listDeployments(this.#deps.db, { ...visible(principal), id, limit: 1 });
    if (!row || !may(principal, "stack:read", { projectId: row.project_id, stackId: row.stack_id })) {
      throw notFound("Deployment", id);
    }
    const cost = row.cost ?? (await this.#costOf(row));
    return { ...viewDeployment(row), cost };
  }

  /** A preview's was kept with it; of an update both states are there to be asked. */
  async #costOf({ operation, stack_id, version }: queries.DeploymentRow): Promise<Deployment["cost"]> {
    if (operation !== "update" || version === null) return null;
    return this.#deps.costs.ofVersion(stack_id, Number(version));
  }

  /**
   * Cancels: a queued deployment at once, of a running one the worker is told.
   * Asking twice is harmless.
   * @throws conflict when it has finished.
   */
  async cancel(principal: Principal, id: string, context: RequestContext = {}): Promise<Deployment> {
    await transaction(this.#deps.db, async (tx) => {
      const row = await queries.lockDeployment(tx, id);
      const scope = { projectId: row?.project_id };
      if (!row || row.organization_id !== principal.organizationId || !may(principal, "stack:read", scope)) {
        throw notFound("Deployment", id);
      }
      authorize(principal, "deployment:cancel", scope);
      if (isFinished(row.state)) throw finished(id, row.state, row.ended_at);
      const { requestId } = context;
      if (row.state === "running") {
        if (!(await queries.requestCancel(tx, id, principal.name))) return;
        await record(tx, principal, { action: "deployment.cancel", object: id, phase: "intent", requestId });
        await append(tx, id, [
          { kind: "state", data: { state: "running", reason: `${principal.name} asked to cancel.` } },
        ]);
        await notify(tx, "deployment_cancel", id);
        return;
      }
      await queries.cancelQueued(tx, id, principal.name);
      await record(tx, principal, { action: "deployment.cancel", object: id, phase: "result", requestId });
      await append(tx, id, [
        { kind: "state", data: { state: "cancelled", reason: `${principal.name} cancelled it.` } },
      ]);
      await end(tx, id);
      // The next one of the stack may have waited for this one.
      await notify(tx, "deployment_queued", id);
    });
    return this.find(principal, id);
  }

  #read(input: NewDeployment, context: RequestContext): AskedConfig {
    if (input.project === hostsProject && !context.ofPlatform)
      throw new RoostError("forbidden", "Stacks of hosts are changed by actions on hosts alone.");
    const asked = readConfig(input.project, input.config, input.secrets);
    if (asked.faults.length > 0) throw faulty(asked.faults);
    return asked;
  }

  async #queue(tx: Tx, principal: Principal, given: Given): Promise<Deployment> {
    const { id, input, asked, context } = given;
    const { requestId, traceParent } = context;
    const project = await ensureProject(tx, principal, input.project, "deployment:create", requestId);
    if (input.program && isUserCode(input.program))
      authorize(principal, "program:run-code", { projectId: project.id });
    const stack = await ensureStack(tx, principal, project, input.stack, requestId);
    const locked = await queries.lockStack(tx, stack.id);
    if (!locked) throw new RoostError("conflict", `The stack ${input.stack} was deleted meanwhile.`);
    const program = input.program ?? (await queries.lastProgram(tx, stack.id));
    if (!program)
      throw invalid("program", "is missing, and the stack has no earlier deployment to take it from");
    if (input.program) await this.#deps.programs.checkUse(tx, principal, project.id, program);
    else if (isUserCode(program)) authorize(principal, "program:run-code", { projectId: project.id });
    await this.#checkConfig(tx, stack.id, program, given, locked.config);
    const encrypt = (text: string) =>
      this.#deps.cipher.encrypt(stack.id, Buffer.from(text)).toString("base64");
    const { operation, options, message } = input;
    await queries.insertDeployment(tx, {
      id,
      organization_id: principal.organizationId,
      project_id: project.id,
      stack_id: stack.id,
      operation,
      state: "queued",
      program: JSON.stringify(program),
      options: JSON.stringify(options),
      config_patch: JSON.stringify(toPatch(asked, encrypt)),
      message,
      requester_id: principal.accountId,
      requester: principal.name,
      request_id: requestId ?? null,
      trace_parent: traceParent ?? null,
    });
    await openStream(tx, {
      id,
      organizationId: principal.organizationId,
      projectId: project.id,
      stackId: stack.id,
    });
    const { organizationId } = principal;
    const [row] = await queries.listDeployments(tx, { organizationId, projects: null, id, limit: 1 });
    const queued = viewDeployment(row as queries.DeploymentRow);
    await append(tx, id, [{ kind: "state", data: { state: "queued", position: queued.position } }]);
    await record(tx, principal, {
      action: `deployment.${operation}`,
      object: id,
      phase: "intent",
      detail: {
        project: input.project,
        stack: input.stack,
        program: describeProgram(program),
        options,
        config: Object.keys(asked.plain),
        secrets: Object.keys(asked.secret),
      },
      requestId,
    });
    await notify(tx, "deployment_queued", id);
    return queued;
  }

  /** What a destroy or a refresh leaves alone needs no sound configuration: a broken stack can be taken away. */
  async #checkConfig(
    tx: Tx,
    stackId: string,
    program: ProgramReference,
    { input, asked }: Given,
    stored: StoredConfig,
  ): Promise<void> {
    const { builtin } = program;
    if (builtin === undefined || (input.operation !== "update" && input.operation !== "preview")) return;
    const { builtins } = this.#deps;
    if (!builtins.has(builtin)) {
      throw invalid("program.builtin", "is not a built-in program of this release", { given: builtin });
    }
    const config = effectiveConfig(stored, await queries.queuedPatches(tx, stackId), asked);
    const faults = configFaults(builtins.checkConfig, builtin, input.project, config, asked);
    if (faults.length > 0) throw faulty(faults);
  }
}

interface Given {
  id: string;
  input: NewDeployment;
  asked: AskedConfig;
  context: RequestContext;
}

function visible(principal: Principal): { organizationId: string; projects: string[] | null } {
  return { organizationId: principal.organizationId, projects: visibleProjects(principal) };
}

function faulty(faults: AskedConfig["faults"]): RoostError {
  return new RoostError("invalid", faults.map(({ field, message }) => `${field}: ${message}`).join("; "), {
    faults,
  });
}

function finished(id: string, state: string, endedAt: Date | null): RoostError {
  const when = endedAt ? ` at ${endedAt.toISOString()}` : "";
  return new RoostError("conflict", `Deployment ${id} cannot be cancelled: it has ended${when} as ${state}.`);
}
