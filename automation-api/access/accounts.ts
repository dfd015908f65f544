import { createHash } from "node:crypto";
import { record } from "../audit/service.ts";
import { newId } from "../db/id.ts";
import { notify } from "../db/notify.ts";
import { type Db, type Tx, transaction } from "../db/transaction.ts";
import { invalid, notFound, RoostError } from "../errors.ts";
import { decodeCursor, type Page, pageOf } from "../http/page.ts";
import { authorize, mayAnywhere, visibleProjects } from "./authorize.ts";
import type { Account, RoleGrant } from "./contract.ts";
import { checkBindingChange, compareBindings } from "./domain.ts";
import type { Principal, RoleBinding } from "./permissions.ts";
import * as queries from "./queries.ts";

export interface NewAccount {
  name: string;
  kind: "person" | "service";
  roles: RoleGrant[];
}

/** Needs `account:manage` in the organization, and every permission of the roles it gives. */
export async function createAccount(
  db: Db,
  principal: Principal,
  input: NewAccount,
  requestId: string,
): Promise<Account> {
  authorize(principal, "account:manage");
  return transaction(db, async (tx) => {
    const bindings = await resolve(tx, principal, input.roles);
    checkBindingChange(principal, compareBindings([], bindings));
    const id = newId("acc");
    const { name, kind } = input;
    if (!(await queries.insertAccount(tx, { id, organization_id: principal.organizationId, name, kind }))) {
      throw new RoostError("conflict", `There is an account ${name} already.`);
    }
    await queries.replaceBindings(tx, id, bindings);
    const detail = { name, kind, roles: input.roles };
    await record(tx, principal, { action: "account.create", object: id, phase: "result", detail, requestId });
    return view(principal, await found(tx, principal, id));
  });
}

/** Oldest first. Who manages single projects sees only the roles in these. */
export async function listAccounts(
  db: Db,
  principal: Principal,
  query: { limit: number; cursor?: string },
): Promise<Page<Account>> {
  mustManageSomewhere(principal);
  const after = decodeCursor(query.cursor, /^acc_[0-9a-z]{26}$/);
  const rows = await queries.listAccounts(db, principal.organizationId, query.limit, after);
  return pageOf(
    rows,
    query.limit,
    (row) => row.id,
    (row) => view(principal, row),
  );
}

/** An account, and the mark that its roles have now (`etag`), to replace them only if nobody else did. */
export async function findAccount(
  db: Db,
  principal: Principal,
  id: string,
): Promise<{ account: Account; etag: string }> {
  mustManageSomewhere(principal);
  const row = await found(db, principal, id);
  return { account: view(principal, row), etag: markOf(row) };
}

/**
 * Replaces the roles of an account. What changes needs `account:manage` where
 * it holds; the last admin of the organization stays one.
 * @param ifMatch mark that the roles must still have.
 */
export async function replaceRoles(
  db: Db,
  principal: Principal,
  id: string,
  roles: RoleGrant[],
  requestId: string,
  ifMatch?: string,
): Promise<Account> {
  mustManageSomewhere(principal);
  return transaction(db, async (tx) => {
    await queries.lockOrganization(tx, principal.organizationId);
    const before = await found(tx, principal, id);
    if (ifMatch !== undefined && ifMatch !== "*" && ifMatch !== markOf(before)) {
      throw new RoostError(
        "precondition_failed",
        `The roles of ${before.name} were changed meanwhile: read them again.`,
      );
    }
    const bindings = await resolve(tx, principal, roles);
    const change = compareBindings(before.roles, bindings);
    checkBindingChange(principal, change);
    keepWordOfIssuer(before, change);
    if (change.added.length + change.removed.length === 0) return view(principal, before);
    await queries.replaceBindings(tx, id, bindings);
    await keepAnAdmin(tx, principal);
    const detail = { name: before.name, before: grantsOf(before), after: roles };
    await record(tx, principal, { action: "account.roles", object: id, phase: "result", detail, requestId });
    await notify(tx, "access", id);
    return view(principal, await found(tx, principal, id));
  });
}

/** A disabled account's tokens stop working at once; its history stays. */
export async function setAccountDisabled(
  db: Db,
  principal: Principal,
  id: string,
  disabled: boolean,
  requestId: string,
): Promise<Account> {
  authorize(principal, "account:manage");
  return transaction(db, async (tx) => {
    await queries.lockOrganization(tx, principal.organizationId);
    const before = await found(tx, principal, id);
    if ((before.disabled_at !== null) === disabled) return view(principal, before);
    // An enabled account has its roles again: that is giving them.
    if (!disabled) checkBindingChange(principal, compareBindings([], before.roles));
    await queries.setDisabled(tx, id, disabled);
    await keepAnAdmin(tx, principal);
    const action = disabled ? "account.disable" : "account.enable";
    await record(tx, principal, {
      action,
      object: id,
      phase: "result",
      detail: { name: before.name },
      requestId,
    });
    await notify(tx, "access", id);
    return view(principal, await found(tx, principal, id));
  });
}

function mustManageSomewhere(principal: Principal): void {
  if (principal.kind !== "account" || !mayAnywhere(principal, "account:manage")) {
    authorize(principal, "account:manage");
  }
}

async function found(db: Db | Tx, principal: Principal, id: string): Promise<queries.AccountRow> {
  const row = await queries.findAccount(db, principal.organizationId, id);
  if (!row) throw notFound("Account", id);
  return row;
}

async function keepAnAdmin(tx: Tx, principal: Principal): Promise<void> {
  if ((await queries.countAdmins(tx, principal.organizationId)) === 0) {
    throw new RoostError("conflict", "This would leave the organization without an admin.");
  }
}

/** What a person may do in the whole organization is said by the issuer at each sign-in, so only there can it change. */
function keepWordOfIssuer(
  { name, identity }: queries.AccountRow,
  { added, removed }: ReturnType<typeof compareBindings>,
): void {
  if (!identity || [...added, ...removed].every(({ projectId }) => projectId !== null)) return;
  throw new RoostError(
    "conflict",
    `The role of ${name} in the whole organization is given at ${identity.issuer}; here it has roles in projects.`,
  );
}

/** Project names to ids; the same place twice, or an unknown project, is a fault of the input. */
async function resolve(tx: Tx, principal: Principal, roles: RoleGrant[]): Promise<RoleBinding[]> {
  const names = roles.map((grant) => grant.project).filter((name) => name !== null);
  const ids = await queries.findProjects(tx, principal.organizationId, names);
  const places = new Set<string>();
  return roles.map(({ role, project }, index) => {
    const place = project ?? "";
    if (places.has(place)) throw invalid(`roles[${index}]`, "gives a second role in the same place");
    places.add(place);
    const projectId = project === null ? null : ids.get(project);
    if (projectId === undefined) throw invalid(`roles[${index}].project`, "is not a project here");
    return { role, projectId };
  });
}

function markOf({ roles }: queries.AccountRow): string {
  const list = roles.map(({ role, projectId }) => `${projectId ?? ""}:${role}`).sort();
  return `"${createHash("sha256").update(list.join()).digest("base64url").slice(0, 16)}"`;
}

function grantsOf(row: queries.AccountRow) {
  return row.roles.map(({ role, project }) => ({ role, project }));
}

function view(principal: Principal, row: queries.AccountRow): Account {
  const managed = visibleProjects(principal, "account:manage");
  const shown = row.roles.filter(
    ({ projectId }) => managed === null || (projectId !== null && managed.includes(projectId)),
  );
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    identity: row.identity,
    roles: shown.map(({ role, project }) => ({ role, project })),
    createdAt: row.created_at.toISOString(),
    disabledAt: row.disabled_at?.toISOString() ?? null,
  };
}
