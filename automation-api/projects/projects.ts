import { may, visibleProjects } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import type { Db } from "../db/transaction.ts";
import { notFound } from "../errors.ts";
import { decodeCursor, type Page, pageOf } from "../http/page.ts";
import type {
  FoundResource,
  Project,
  ResourceQuery,
  Stack,
  StackGraph,
  StackSummary,
  Update,
} from "./contract.ts";
import { maskOutputs } from "./mask.ts";
import * as queries from "./queries.ts";
import { viewConfig, viewFound, viewResource, viewStack, viewUpdate } from "./views.ts";

interface PageQuery {
  limit: number;
  cursor?: string;
}

export interface StackNames {
  project: string;
  stack: string;
}

/** What the views ask of the state backend, which owns states and authorizes by itself. */
export interface StackState {
  /** Outputs in the newest state of a stack, secrets as Pulumi wraps them; undefined when there is no state. */
  outputs(stackId: string): Promise<Record<string, unknown> | undefined>;
  /** The graph of its newest state, secrets masked. */
  graphOf(stackId: string): Promise<StackGraph | undefined>;
  deleteStack(
    principal: Principal,
    names: StackNames,
    options: { force: boolean; requestId?: string },
  ): Promise<void>;
  undeleteStack(principal: Principal, names: StackNames, options: { requestId?: string }): Promise<void>;
}

/** Resources shown with a stack; the list by itself has pages. */
const shownResources = 1000;
const shownUpdates = 10;

/** Projects, stacks and resources as the API shows them. Reads only, but for deleting a stack. */
export class Projects {
  readonly #db: Db;
  readonly #state: StackState;

  constructor(db: Db, state: StackState) {
    this.#db = db;
    this.#state = state;
  }

  async listProjects(principal: Principal, query: PageQuery): Promise<Page<Project>> {
    const after = decodeCursor(query.cursor, /^[A-Za-z0-9_.-]{1,100}$/);
    const rows = await queries.listProjects(this.#db, {
      ...visible(principal),
      after,
      limit: query.limit + 1,
    });
    return pageOf(
      rows,
      query.limit,
      (row) => row.name,
      (row) => ({ name: row.name, stacks: Number(row.stacks), createdAt: row.created_at.toISOString() }),
    );
  }

  async listStacks(
    principal: Principal,
    query: PageQuery & { project?: string; deleted: boolean },
  ): Promise<Page<StackSummary>> {
    const after = decodeCursor(query.cursor, /^[^/]+\/[^/]+\/[^/]+$/)?.split("/") as
      | [string, string, string]
      | undefined;
    const { project, deleted, limit } = query;
    const rows = await queries.listStacks(this.#db, {
      ...visible(principal),
      project,
      deleted,
      after,
      limit: limit + 1,
    });
    return pageOf(rows, limit, (row) => `${row.project}/${row.stack}/${row.id}`, viewStack);
  }

  /** @throws not_found, also when the stack has no state yet */
  async findGraph(principal: Principal, names: StackNames): Promise<StackGraph> {
    const { id } = await this.#find(principal, names);
    const graph = await this.#state.graphOf(id);
    if (!graph) throw notFound("State of stack", `${names.project}/${names.stack}`);
    return graph;
  }

  async findStack(principal: Principal, names: StackNames): Promise<Stack> {
    const row = await this.#find(principal, names);
    const [outputs, resources, updates] = await Promise.all([
      this.#state.outputs(row.id),
      queries.listResources(this.#db, { ...visible(principal), stackId: row.id, limit: shownResources }),
      queries.listUpdates(this.#db, { stackId: row.id, limit: shownUpdates }),
    ]);
    return {
      ...viewStack(row),
      tags: row.tags,
      config: viewConfig(row.config),
      outputs: maskOutputs(outputs),
      resourceList: resources.map(viewResource),
      history: updates.map(viewUpdate),
    };
  }

  async history(principal: Principal, names: StackNames, query: PageQuery): Promise<Page<Update>> {
    const { id } = await this.#find(principal, names);
    const cursor = decodeCursor(query.cursor, /^\d{4}-[0-9 :.+-]+\|[A-Za-z0-9_-]+$/)?.split("|");
    const after = cursor as [string, string] | undefined;
    const rows = await queries.listUpdates(this.#db, { stackId: id, after, limit: query.limit + 1 });
    return pageOf(rows, query.limit, (row) => `${row.started_key}|${row.id}`, viewUpdate);
  }

  async listResources(principal: Principal, query: ResourceQuery): Promise<Page<FoundResource>> {
    const { project, stack, type, text, limit } = query;
    const cursor = decodeCursor(query.cursor, /^[A-Za-z0-9_]+ \d{1,9}$/)?.split(" ");
    const after: [string, number] | undefined = cursor && [String(cursor[0]), Number(cursor[1])];
    const filter = { ...visible(principal), project, stack, type, text, after, limit: limit + 1 };
    const rows = await queries.listResources(this.#db, filter);
    return pageOf(rows, limit, (row) => `${row.stack_id} ${row.position}`, viewFound);
  }

  /** Deletes a stack; with resources only when forced, which forgets them. It can be had back for 30 days. */
  async deleteStack(
    principal: Principal,
    names: StackNames,
    options: { force: boolean; requestId?: string },
  ): Promise<void> {
    await this.#find(principal, names);
    await this.#state.deleteStack(principal, names, options);
  }

  async undeleteStack(principal: Principal, names: StackNames, requestId?: string): Promise<Stack> {
    await this.#state.undeleteStack(principal, names, { requestId });
    return this.findStack(principal, names);
  }

  async #find(principal: Principal, names: StackNames): Promise<queries.StackRow> {
    const filter = { ...visible(principal), ...names, deleted: false, limit: 1 };
    const [row] = await queries.listStacks(this.#db, filter);
    if (!row || !may(principal, "stack:read", { projectId: row.project_id, stackId: row.id })) {
      throw notFound("Stack", `${names.project}/${names.stack}`);
    }
    return row;
  }
}

function visible(principal: Principal): queries.Visible {
  return { organizationId: principal.organizationId, projects: visibleProjects(principal) };
}
