import { randomBytes } from "node:crypto";
import { record } from "../audit/service.ts";
import { newId } from "../db/id.ts";
import { notify } from "../db/notify.ts";
import { type Db, type Tx, transaction } from "../db/transaction.ts";
import { notFound, RoostError } from "../errors.ts";
import { decodeCursor, type Page, pageOf } from "../http/page.ts";
import { authorize, may } from "./authorize.ts";
import type { Token } from "./contract.ts";
import { checkScopes, hashToken, mintToken } from "./domain.ts";
import { type AccountPrincipal, type Permission, type Principal, permissionNames } from "./permissions.ts";
import * as queries from "./queries.ts";

export { createAccount, findAccount, listAccounts, replaceRoles, setAccountDisabled } from "./accounts.ts";
export { type AdmitJwt, Authenticator } from "./authenticator.ts";
export { hashToken, type MintedToken, mintSignIn, mintToken } from "./domain.ts";
export { ensureFirstAdmin, type FirstAdmin, systemPrincipal } from "./first-admin.ts";
export { Guard } from "./guard.ts";
export {
  type Entered,
  enterPerson,
  insertPassingToken,
  moveEnd,
  nameOfSignIn,
  type Person,
} from "./people.ts";

export const ticketSeconds = 30;

export interface NewToken {
  name: string;
  scopes: Permission[] | null;
  /** null: never expires. */
  expiresInDays: number | null;
  /** Default: the principal's own. */
  account?: string;
}

/** @returns the token's description with the token itself, which cannot be had again. */
export async function createToken(
  db: Db,
  principal: Principal,
  input: NewToken,
  requestId: string,
): Promise<Token & { token: string }> {
  checkScopes(principal, input.scopes);
  const accountId = input.account ?? principal.accountId;
  if (accountId !== principal.accountId) authorize(principal, "account:manage");
  return transaction(db, async (tx) => {
    const owner = await queries.findAccount(tx, principal.organizationId, accountId);
    if (!owner) throw notFound("Account", accountId);
    if (owner.disabled_at) throw new RoostError("conflict", `The account ${owner.name} is disabled.`);
    const id = newId("tok");
    const { token, hash, prefix } = mintToken(id);
    const { name, scopes, expiresInDays } = input;
    const row = await queries.insertToken(
      tx,
      { id, account_id: accountId, name, hash, prefix, scopes },
      expiresInDays,
    );
    const detail = { account: owner.name, name, scopes, expiresInDays };
    await record(tx, principal, { action: "token.create", object: id, phase: "result", detail, requestId });
    return { ...view({ ...row, account_name: owner.name }), token };
  });
}

/** Tokens of one account, newest first; those of others need `account:manage`. */
export async function listTokens(
  db: Db,
  principal: Principal,
  query: { account?: string; limit: number; cursor?: string },
): Promise<Page<Token>> {
  const accountId = query.account ?? principal.accountId;
  if (accountId !== principal.accountId) {
    authorize(principal, "account:manage");
    if (!(await queries.findAccount(db, principal.organizationId, accountId)))
      throw notFound("Account", accountId);
  }
  const before = decodeCursor(query.cursor, /^tok_[0-9a-z]{26}$/);
  const rows = await queries.listTokens(db, accountId, query.limit, before);
  return pageOf(rows, query.limit, (row) => row.id, view);
}

/** Ends a token at once: open streams close within 5 s. Your own, or anybody's with `account:manage`. */
export async function revokeToken(
  db: Db,
  principal: Principal,
  id: string,
  requestId: string,
): Promise<void> {
  await transaction(db, async (tx) => {
    const row = await queries.findToken(tx, principal.organizationId, id);
    const visible = row && (row.account_id === principal.accountId || may(principal, "account:manage"));
    if (!visible || principal.kind === "deployment") throw notFound("Token", id);
    if (!(await queries.revokeToken(tx, id))) return;
    const detail = { account: row.account_name, name: row.name };
    await record(tx, principal, { action: "token.revoke", object: id, phase: "result", detail, requestId });
    await accessChanged(tx, id);
  });
}

/** A single-use secret that stands for the token for 30 s, for clients that cannot send a header. */
export async function createTicket(
  db: Db,
  principal: Principal,
): Promise<{ ticket: string; expiresInSeconds: number }> {
  if (principal.kind !== "account") throw new RoostError("forbidden", "Only an account can get tickets.");
  const ticket = randomBytes(32).toString("base64url");
  await queries.insertTicket(db, hashToken(ticket), principal.tokenId, ticketSeconds);
  return { ticket, expiresInSeconds: ticketSeconds };
}

/** Who the caller is and what the token may do. */
export async function describe(db: Db, principal: Principal) {
  const account = await queries.findAccount(db, principal.organizationId, principal.accountId);
  const token =
    principal.kind === "account"
      ? await queries.findToken(db, principal.organizationId, principal.tokenId)
      : undefined;
  return {
    account: { id: principal.accountId, name: principal.name },
    organization: { id: principal.organizationId, name: principal.organizationName },
    roles: (account?.roles ?? []).map(({ role, project }) => ({ role, project })),
    permissions: permissionNames.filter((permission) => may(principal, permission)),
    token: token ? view(token) : null,
    deployment: principal.kind === "deployment" ? principal.deploymentId : null,
  };
}

/** Tells every process, at commit, to forget what it knows about tokens. */
export async function accessChanged(tx: Tx, id: string): Promise<void> {
  await notify(tx, "access", id);
}

function view(row: queries.TokenRow): Token {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    prefix: row.prefix,
    account: { id: row.account_id, name: row.account_name },
    scopes: row.scopes as AccountPrincipal["scopes"],
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at?.toISOString() ?? null,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
  };
}
