import { authorize } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { record } from "../audit/service.ts";
import { newId } from "../db/id.ts";
import { type Db, transaction } from "../db/transaction.ts";
import { notFound, RoostError } from "../errors.ts";
import { decodeCursor, type Page, pageOf } from "../http/page.ts";
import type { Group, NewGroup } from "./contract.ts";
import * as queries from "./queries.ts";
import { viewGroup } from "./views.ts";

/** Names for sets of hosts: whoever has the labels belongs to the group, now and later. */
export class HostGroups {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  async create(principal: Principal, { name, selector }: NewGroup, requestId?: string): Promise<Group> {
    authorize(principal, "host:write");
    const { organizationId } = principal;
    const id = newId("hgr");
    return transaction(this.#db, async (tx) => {
      const row = { id, organization_id: organizationId, name, selector: JSON.stringify(selector) };
      if (!(await queries.insertGroup(tx, row)))
        throw new RoostError("conflict", `There is a group ${name} already.`);
      const detail = { name, selector };
      await record(tx, principal, {
        action: "host-group.create",
        object: id,
        phase: "result",
        detail,
        requestId,
      });
      const [made] = await queries.listGroups(tx, { organizationId, id, limit: 1 });
      return viewGroup(made as queries.GroupRow);
    });
  }

  async list(principal: Principal, query: { limit: number; cursor?: string }): Promise<Page<Group>> {
    authorize(principal, "host:read");
    const rows = await queries.listGroups(this.#db, {
      organizationId: principal.organizationId,
      after: decodeCursor(query.cursor, /^[A-Za-z0-9_.-]{1,100}$/),
      limit: query.limit + 1,
    });
    return pageOf(rows, query.limit, (row) => row.name, viewGroup);
  }

  async remove(principal: Principal, id: string, requestId?: string): Promise<void> {
    authorize(principal, "host:write");
    const { organizationId } = principal;
    await transaction(this.#db, async (tx) => {
      const [group] = await queries.listGroups(tx, { organizationId, id, limit: 1 });
      if (!group || !(await queries.deleteGroup(tx, id))) throw notFound("Host group", id);
      const detail = { name: group.name };
      await record(tx, principal, {
        action: "host-group.remove",
        object: id,
        phase: "result",
        detail,
        requestId,
      });
    });
  }
}
