import { createHash } from "node:crypto";
import { record } from "../audit/service.ts";
import { newId } from "../db/id.ts";
import { notify } from "../db/notify.ts";
import type { Db, Tx } from "../db/transaction.ts";
import { hashToken } from "./domain.ts";
import * as queries from "./people-queries.ts";
import type { AccountPrincipal, Role } from "./permissions.ts";
import { findHolder, insertAccount } from "./queries.ts";

export { insertPassingToken, moveEnd } from "./people-queries.ts";

/** What an issuer says of somebody. */
export interface Person {
  issuer: string;
  /** What the issuer calls them for ever; with the issuer, all that tells people apart. */
  subject: string;
  /** What they would like to be called here. */
  name: string;
  kind: "person" | "service";
  /** In the whole organization; null: none. Undefined: the issuer did not say this time. */
  role: Role | null | undefined;
  /** When the issuer said so. */
  claimedAt: Date;
}

export interface Entered {
  accountId: string;
  name: string;
  /** Whether they may do anything at all here, by the issuer's word or by a role in a project. */
  hasRole: boolean;
}

/**
 * The account of a person who comes by the issuer: made at the first time, and given the role that the issuer says
 * now. Who has no role gets no account.
 * @param days for which tokens of the account are good without a further sign-in.
 * @returns undefined for a stranger without a role; the caller refuses after the transaction, so that a role which
 * was taken away at the issuer is gone here too.
 */
export async function enterPerson(
  tx: Tx,
  organization: { id: string; name: string },
  person: Person,
  days: number,
  requestId?: string,
): Promise<Entered | undefined> {
  await queries.lockIdentity(tx, person);
  const known = await queries.findIdentity(tx, person);
  if (!known) {
    if (!person.role) return undefined;
    return makeAccount(tx, organization, { ...person, role: person.role }, days, requestId);
  }
  const { accountId, name, role: before } = known;
  const entered = { accountId, name };
  if (person.role === undefined || known.claimedAt > person.claimedAt) {
    await queries.noteIdentity(tx, person, days, known.claimedAt);
    return { ...entered, hasRole: before !== null || known.projectRoles > 0 };
  }
  await queries.noteIdentity(tx, person, days, person.claimedAt);
  if (before !== person.role) {
    await queries.setOrganizationRole(tx, accountId, person.role);
    const detail = { name, before, after: person.role, issuer: person.issuer };
    await record(tx, selfOf(organization, entered), {
      action: "account.roles",
      object: accountId,
      phase: "result",
      detail,
      requestId,
    });
    await notify(tx, "access", accountId);
  }
  return { ...entered, hasRole: person.role !== null || known.projectRoles > 0 };
}

/** Who a browser's cookie is of, while it is good. */
export async function nameOfSignIn(db: Db, token: string): Promise<string | null> {
  const holder = await findHolder(db, hashToken(token));
  if (!holder || holder.revoked || holder.expired || holder.unseen || holder.disabled) return null;
  return holder.name;
}

async function makeAccount(
  tx: Tx,
  organization: { id: string; name: string },
  person: Person & { role: Role },
  days: number,
  requestId?: string,
): Promise<Entered> {
  const { issuer, subject, kind, role } = person;
  const id = newId("acc");
  const row = { id, organization_id: organization.id, kind };
  const wanted = plainName(person.name);
  // A name that is taken is somebody else's, whatever the issuer says: the newcomer gets a mark of its own.
  const mark = createHash("sha256").update(`${issuer}\n${subject}`).digest("hex");
  const names = [wanted, `${wanted.slice(0, 90)}-${mark.slice(0, 8)}`, mark];
  let name: string | undefined;
  for (const each of names) {
    if (name === undefined && (await insertAccount(tx, { ...row, name: each }))) name = each;
  }
  if (name === undefined) throw new Error(`All names for a newcomer are taken: ${names.join(", ")}.`);
  await queries.insertIdentity(tx, person, id, days);
  await queries.setOrganizationRole(tx, id, role);
  const entered = { accountId: id, name };
  await record(tx, selfOf(organization, entered), {
    action: "account.create",
    object: id,
    phase: "result",
    detail: { name, kind, roles: [{ role, project: null }], issuer, subject },
    requestId,
  });
  return { ...entered, hasRole: true };
}

/** Whoever signs in is the actor of what that brings about. */
function selfOf(
  organization: { id: string; name: string },
  { accountId, name }: Pick<Entered, "accountId" | "name">,
): AccountPrincipal {
  return {
    kind: "account",
    tokenId: "",
    accountId,
    name,
    organizationId: organization.id,
    organizationName: organization.name,
    bindings: [],
    scopes: [],
  };
}

/** A name of the form that accounts have. */
function plainName(text: string): string {
  const plain = text
    .normalize("NFKD")
    .replaceAll(/[^A-Za-z0-9_.@-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 100);
  return plain === "" ? "somebody" : plain;
}
