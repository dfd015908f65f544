import { authorize } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { record } from "../audit/service.ts";
import { newId } from "../db/id.ts";
import { type Db, type Tx, transaction } from "../db/transaction.ts";
import { notFound, RoostError } from "../errors.ts";
import { decodeCursor, type Page, pageOf } from "../http/page.ts";
import { requireRightSettings } from "../projects/service.ts";
import type { Environment, EnvironmentPolicies, EnvironmentStacks, NewEnvironment } from "./contract.ts";
import * as queries from "./queries.ts";

/**
 * Named groups of stacks of all projects, such as production, each with one set of protections. They are the
 * organization's: who may force policies on one project only may not change them.
 */
export class Environments {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  async list(principal: Principal, query: { limit: number; cursor?: string }): Promise<Page<Environment>> {
    const rows = await queries.listEnvironments(this.#db, {
      organizationId: principal.organizationId,
      after: decodeCursor(query.cursor, /^[a-z][a-z0-9-]*$/),
      limit: query.limit + 1,
    });
    return pageOf(rows, query.limit, ({ name }) => name, view);
  }

  /** @throws not found */
  async get(principal: Principal, name: string): Promise<Environment> {
    return view(await this.#find(this.#db, principal, name));
  }

  /** @throws conflict where there is one of that name */
  async add(
    principal: Principal,
    { name, stacks }: NewEnvironment,
    requestId?: string,
  ): Promise<Environment> {
    authorize(principal, "policy:write");
    return transaction(this.#db, async (tx) => {
      const organization_id = principal.organizationId;
      const row = await queries.insertEnvironment(tx, { id: newId("env"), organization_id, name, stacks });
      if (!row) throw new RoostError("conflict", `There is an environment ${name} already.`);
      await note(tx, principal, "add", row.id, { environment: name, stacks }, requestId);
      return view(row);
    });
  }

  /** Gives it other stacks. @throws not found */
  async setStacks(
    principal: Principal,
    name: string,
    { stacks }: EnvironmentStacks,
    requestId?: string,
  ): Promise<Environment> {
    authorize(principal, "policy:write");
    return transaction(this.#db, async (tx) => {
      const row = await this.#find(tx, principal, name);
      await queries.setStacks(tx, row.id, stacks);
      await note(tx, principal, "set-stacks", row.id, { environment: name, stacks }, requestId);
      return view({ ...row, stacks });
    });
  }

  /** @throws not found */
  async delete(principal: Principal, name: string, requestId?: string): Promise<void> {
    authorize(principal, "policy:write");
    await transaction(this.#db, async (tx) => {
      const { id } = await this.#find(tx, principal, name);
      await queries.deleteEnvironment(tx, id);
      await note(tx, principal, "delete", id, { environment: name }, requestId);
    });
  }

  /**
   * Forces policies on every update of its stacks, beside those of their projects; null: no more.
   * @throws not found; invalid naming each setting that is wrong
   */
  async setPolicies(
    principal: Principal,
    name: string,
    policies: EnvironmentPolicies | null,
    requestId?: string,
  ): Promise<void> {
    authorize(principal, "policy:write");
    if (policies) requireRightSettings(policies);
    await transaction(this.#db, async (tx) => {
      const { id } = await this.#find(tx, principal, name);
      await queries.setPolicies(tx, id, policies);
      const verb = policies ? "force-policies" : "release-policies";
      await note(tx, principal, verb, id, { environment: name, policies }, requestId);
    });
  }

  async #find(db: Db | Tx, principal: Principal, name: string): Promise<queries.EnvironmentRow> {
    const row = await queries.findEnvironment(db, principal.organizationId, name);
    if (!row) throw notFound("Environment", name);
    return row;
  }
}

async function note(
  tx: Tx,
  principal: Principal,
  verb: string,
  object: string,
  detail: Record<string, unknown>,
  requestId: string | undefined,
): Promise<void> {
  await record(tx, principal, { action: `environment.${verb}`, object, phase: "result", detail, requestId });
}

function view({ name, stacks, policies, created_at }: queries.EnvironmentRow): Environment {
  return {
    name,
    stacks,
    policies: policies as EnvironmentPolicies | null,
    createdAt: created_at.toISOString(),
  };
}
