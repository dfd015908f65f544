import { authorize, may, visibleProjects } from "../access/authorize.ts";
import type { Permission, Principal } from "../access/permissions.ts";
import { record } from "../audit/service.ts";
import { newId } from "../db/id.ts";
import type { Db, Tx } from "../db/transaction.ts";
import { notFound, RoostError } from "../errors.ts";
import * as queries from "./queries.ts";

interface Named {
  id: string;
  name: string;
}

/** The project of that name, if the principal may see it. @throws not_found. */
export async function findProject(db: Db | Tx, principal: Principal, name: string): Promise<Named> {
  const found = await queries.findProject(db, principal.organizationId, name);
  if (!found || !may(principal, "stack:read", { projectId: found.id })) throw notFound("Project", name);
  return found;
}

/**
 * The project of that name, in which the principal needs `permission`; made
 * if missing, which needs `project:create`.
 * @throws not_found for a project of others, and for a missing one that the principal could not make
 * and would not see: the two answer alike.
 */
export async function ensureProject(
  tx: Tx,
  principal: Principal,
  name: string,
  permission: Permission,
  requestId?: string,
): Promise<Named> {
  const found = await queries.findProject(tx, principal.organizationId, name);
  if (found) {
    if (may(principal, permission, { projectId: found.id })) return found;
    if (!may(principal, "stack:read", { projectId: found.id })) throw notFound("Project", name);
    authorize(principal, permission, { projectId: found.id });
  }
  if (!may(principal, "project:create") && visibleProjects(principal) !== null)
    throw notFound("Project", name);
  if (!may(principal, "project:create")) {
    throw new RoostError(
      "forbidden",
      `There is no project ${name}, and ${principal.name} may not make one: that needs the permission project:create.`,
    );
  }
  const made = await queries.insertProject(tx, {
    id: newId("prj"),
    organization_id: principal.organizationId,
    name,
  });
  authorize(principal, permission, { projectId: made.id });
  if (made.isNew) {
    await record(tx, principal, {
      action: "project.create",
      object: made.id,
      phase: "result",
      detail: { name },
      requestId,
    });
  }
  return made;
}

/** The stack of that name; made if missing, which needs `stack:create`. */
export async function ensureStack(
  tx: Tx,
  principal: Principal,
  project: Named,
  name: string,
  requestId?: string,
): Promise<Named> {
  const found = await queries.findStack(tx, project.id, name);
  if (found) return found;
  if (!may(principal, "stack:create", { projectId: project.id })) {
    throw new RoostError(
      "forbidden",
      `There is no stack ${name} in ${project.name}, and ${principal.name} may not make one: that needs the permission stack:create.`,
    );
  }
  const made = await queries.insertStack(tx, { id: newId("stk"), project_id: project.id, name });
  if (made.isNew) {
    const detail = { project: project.name, stack: name };
    await record(tx, principal, {
      action: "stack.create",
      object: made.id,
      phase: "result",
      detail,
      requestId,
    });
  }
  return made;
}
