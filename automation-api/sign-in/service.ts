import { randomBytes } from "node:crypto";
import type { AccountPrincipal, Principal } from "../access/permissions.ts";
import {
  accessChanged,
  type Entered,
  enterPerson,
  hashToken,
  insertPassingToken,
  mintSignIn,
  moveEnd,
  nameOfSignIn,
  type Person,
} from "../access/service.ts";
import { record } from "../audit/service.ts";
import type { Settings } from "../config.ts";
import { newId } from "../db/id.ts";
import { type Db, type Tx, transaction } from "../db/transaction.ts";
import { RoostError } from "../errors.ts";
import {
  type Claims,
  checkAudience,
  checkIsAccessToken,
  checkReturn,
  isOfDomains,
  personOf,
  type Rules,
  readRoles,
  sealName,
  secretsOf,
} from "./domain.ts";
import { type Grant, Issuer, leewaySeconds } from "./issuer.ts";
import * as queries from "./queries.ts";

export { Rechecks } from "./rechecks.ts";

/** Time between leaving for the issuer and coming back: a password, a second factor, a forgotten password. */
export const attemptSeconds = 600;
/** A sign-in lives so long after the issuer was asked about it last. */
export const confirmedSeconds = 900;
/** And so long in all where the issuer gives nothing to ask with. */
const unconfirmedSeconds = 3_600;
/** The issuer is asked again after this time, while the sign-in is used. */
export const checkSeconds = 300;
export const idleSeconds = 3_600;

/** Encrypts under a key that belongs to one name alone. */
interface NamedCipher {
  encrypt(name: string, plaintext: Buffer): Buffer;
  decrypt(name: string, ciphertext: Buffer): Buffer;
}

/** What a grant says of one person, and where: ID token first. */
interface Said {
  claims: Claims;
  sources: Claims[];
}

type OidcSettings = Pick<Settings, Extract<keyof Settings, `ROOST_OIDC_${string}`>>;

export interface SignInDependencies {
  db: Db;
  cipher: NamedCipher;
  /** The one that people of the issuer belong to. */
  organization: { id: string; name: string };
  settings: OidcSettings;
  /** In place of the one that the settings name. */
  issuer?: Issuer;
}

/** People and services that an issuer of OpenID Connect vouches for: by its access tokens, and in browsers. */
export class SignIns {
  readonly #deps: SignInDependencies;
  readonly #issuer: Issuer | undefined;
  readonly #rules: Rules;

  constructor(deps: SignInDependencies) {
    const { settings } = deps;
    this.#deps = deps;
    this.#issuer = deps.issuer ?? issuerOf(settings);
    this.#rules = {
      issuer: settings.ROOST_OIDC_ISSUER ?? "",
      clientId: settings.ROOST_OIDC_CLIENT_ID ?? "",
      audience: settings.ROOST_OIDC_AUDIENCE,
      roleClaim: settings.ROOST_OIDC_ROLE_CLAIM,
      roles: readRoles(settings.ROOST_OIDC_ROLES),
      domains: settings.ROOST_OIDC_DOMAINS,
    };
  }

  /** Whether an issuer is set. */
  get isOn(): boolean {
    return this.#issuer !== undefined;
  }

  /**
   * Judges an access token of the issuer; a good one is known from then on, as a token of its holder's account that
   * ends when the issuer says. @throws unauthenticated, forbidden, unavailable.
   */
  async admit(token: string): Promise<void> {
    const claims: Claims = await this.#on().verify(token);
    checkIsAccessToken(claims);
    checkAudience(claims, this.#rules);
    const { db } = this.#deps;
    const hash = hashToken(token);
    if (await queries.isKnown(db, hash)) return;
    const person = this.#personWithin(claims);
    const seconds = (claims.exp as number) + leewaySeconds - Date.now() / 1000;
    await this.#enter({ ...person, role: person.role ?? null }, undefined, async (tx, { accountId }) => {
      const row = { id: newId("tok"), accountId, name: "access token", hash, prefix: "eyJ" };
      await insertPassingToken(tx, row, "bearer", seconds);
    });
  }

  /**
   * Begins a sign-in.
   * @param browser the secret that the browser has of an earlier beginning: two tabs may sign in at once.
   * @returns where to go, and the secret to keep in the browser for `attemptSeconds`.
   */
  async begin(asked: { origin: string; returnTo: string; browser?: string }): Promise<{
    url: string;
    browser: string;
  }> {
    const issuer = this.#on();
    const returnTo = checkReturn(asked.returnTo);
    const state = randomBytes(32).toString("base64url");
    const browser = asked.browser ?? randomBytes(32).toString("base64url");
    const url = await issuer.authorizationUrl({
      redirectUri: redirectUri(asked.origin),
      scopes: this.#deps.settings.ROOST_OIDC_SCOPES,
      state,
      ...secretsOf(browser, state),
    });
    const attempt = { stateHash: hashToken(state), browserHash: hashToken(browser), returnTo };
    await queries.insertAttempt(this.#deps.db, attempt, attemptSeconds);
    return { url, browser };
  }

  /**
   * Ends a sign-in that began here: what came back is for this browser, this once.
   * @param search query of the address that the issuer sent the browser to.
   * @returns what the browser keeps, for how long at most, and where it goes.
   * @throws unauthenticated, forbidden, unavailable.
   */
  async finish(
    back: { origin: string; search: string; state: string; browser?: string },
    requestId: string,
  ): Promise<{ value: string; seconds: number; returnTo: string }> {
    const issuer = this.#on();
    const { state, browser } = back;
    const hashes = browser && { stateHash: hashToken(state), browserHash: hashToken(browser) };
    const attempt = hashes ? await queries.takeAttempt(this.#deps.db, hashes) : undefined;
    if (!browser || !attempt) {
      throw new RoostError(
        "unauthenticated",
        "This sign-in was not begun in this browser, is over already, or took longer than 10 minutes: begin again.",
      );
    }
    const address = new URL(redirectUri(back.origin) + back.search);
    const grant = await issuer.redeem(address, { state, ...secretsOf(browser, state) });
    const said = this.#claimsOf(grant) as Said;
    const person = this.#personWithin(said.claims, said.sources);
    const seconds = this.#deps.settings.ROOST_OIDC_SESSION_HOURS * 3600;
    const id = newId("tok");
    const { token, hash, prefix } = mintSignIn(id);
    const refresh = grant.refreshToken === undefined ? null : this.#seal(id, grant.refreshToken);
    const life = Math.min(seconds, refresh ? confirmedSeconds : unconfirmedSeconds);
    await this.#enter({ ...person, role: person.role ?? null }, requestId, async (tx, entered) => {
      const row = { id, accountId: entered.accountId, name: "browser", hash, prefix };
      await insertPassingToken(tx, row, "browser", life);
      await queries.insertSignIn(tx, id, refresh, seconds);
      const detail = { account: entered.name, issuer: person.issuer, subject: person.subject };
      const entry = { action: "sign-in.create", object: id, phase: "result" as const, detail, requestId };
      await record(tx, this.#actor(entered), entry);
    });
    return { value: token, seconds, returnTo: attempt.returnTo };
  }

  /** Ends the sign-in that the caller came with. @throws conflict when that is a token. */
  async end(principal: Principal, origin: string, requestId: string): Promise<{ issuerUrl: string | null }> {
    const tokenId = principal.kind === "account" ? principal.tokenId : "";
    const ended = await transaction(this.#deps.db, async (tx) => {
      if (!(await queries.endSignIn(tx, tokenId))) return false;
      const detail = { account: principal.name };
      const entry = { action: "sign-in.end", object: tokenId, phase: "result" as const, detail, requestId };
      await record(tx, principal, entry);
      await accessChanged(tx, tokenId);
      return true;
    });
    if (!ended) {
      throw new RoostError(
        "conflict",
        "You came with a token and not by a sign-in: DELETE /api/v1/tokens/{id} ends it.",
      );
    }
    return { issuerUrl: (await this.#issuer?.signOutUrl(`${origin}/`)) ?? null };
  }

  /** Where people sign in, and who has with this cookie. */
  async status(cookie: string | undefined) {
    const name = cookie === undefined ? null : await nameOfSignIn(this.#deps.db, cookie);
    return { issuer: this.#issuer ? this.#rules.issuer : null, account: name === null ? null : { name } };
  }

  /**
   * Asks the issuer about one sign-in that is due: whom it does not know any more is signed out, whose role it has
   * changed has the new one. @returns false when none is due.
   */
  async recheckOne(): Promise<boolean> {
    const { db, cipher } = this.#deps;
    if (!this.#issuer) return false;
    const due = await queries.claimDue(db, checkSeconds, idleSeconds);
    if (!due) return false;
    const { tokenId, subject, issuer } = due;
    const kept = cipher.decrypt(sealName(tokenId), due.refreshToken).toString();
    const grant = await this.#issuer.refresh(kept);
    const person = grant && this.#personStillOf(grant, due);
    if (!person || issuer !== this.#rules.issuer) {
      await this.#endUnknown(due);
      return true;
    }
    const next = this.#seal(tokenId, grant.refreshToken ?? kept);
    await transaction(db, async (tx) => {
      await enterPerson(tx, this.#deps.organization, { ...person, subject }, this.#days());
      await queries.noteCheck(tx, tokenId, next);
      await moveEnd(tx, tokenId, confirmedSeconds, due.endsAt);
    });
    return true;
  }

  async #endUnknown({ tokenId, ...holder }: queries.DueSignIn): Promise<void> {
    await transaction(this.#deps.db, async (tx) => {
      if (!(await queries.endSignIn(tx, tokenId))) return;
      const detail = { account: holder.name, reason: "the issuer does not vouch for it any more" };
      await record(tx, this.#actor(holder), {
        action: "sign-in.end",
        object: tokenId,
        phase: "result",
        detail,
      });
      await accessChanged(tx, tokenId);
    });
  }

  /** The account of a person and what goes with it; a role that is gone is gone, also of whom this refuses. */
  async #enter(
    person: Person,
    requestId: string | undefined,
    then: (tx: Tx, entered: Entered) => Promise<void>,
  ): Promise<void> {
    const { db, organization } = this.#deps;
    const entered = await transaction(db, async (tx) => {
      const found = await enterPerson(tx, organization, person, this.#days(), requestId);
      if (found?.hasRole) await then(tx, found);
      return found;
    });
    if (entered?.hasRole) return;
    throw new RoostError(
      "forbidden",
      `${entered?.name ?? "You"} may do nothing here: the claim ${this.#rules.roleClaim} of your issuer gives no role.`,
    );
  }

  /** Undefined when the grant says nothing of anybody, as that of a refresh may. */
  #claimsOf({ identity, access }: Grant): Said | undefined {
    const first = identity ?? access;
    if (!first) return undefined;
    // An access token may be of another name for the same person; then it says nothing of this one.
    const sources = [identity, access].filter((each) => each?.sub === first.sub) as Claims[];
    return { claims: Object.assign({}, ...sources.toReversed()), sources };
  }

  /** @throws forbidden when only verified addresses of some domains may come in, and this has none. */
  #personWithin(claims: Claims, sources?: Claims[]): Person {
    if (isOfDomains(claims, this.#rules)) return personOf(claims, this.#rules, sources);
    throw new RoostError(
      "forbidden",
      "You may not come in: that needs a verified e-mail address of a domain that is allowed here.",
    );
  }

  /** Of a refresh: undefined when it is of somebody else, or may not come in any more. */
  #personStillOf(grant: Grant, { subject, name, issuer }: queries.DueSignIn): Person | undefined {
    const said = this.#claimsOf(grant);
    if (!said) return { issuer, subject, name, kind: "person", role: undefined, claimedAt: new Date() };
    const { claims, sources } = said;
    const isWithin = claims.email === undefined || isOfDomains(claims, this.#rules);
    return claims.sub === subject && isWithin ? personOf(claims, this.#rules, sources) : undefined;
  }

  #on(): Issuer {
    if (this.#issuer) return this.#issuer;
    throw new RoostError("not_found", "Nobody signs in here by an issuer: ROOST_OIDC_ISSUER is not set.");
  }

  #seal(tokenId: string, text: string): Buffer {
    return this.#deps.cipher.encrypt(sealName(tokenId), Buffer.from(text));
  }

  #days(): number {
    return this.#deps.settings.ROOST_OIDC_TOKEN_DAYS;
  }

  #actor({ accountId, name }: { accountId: string; name: string }): AccountPrincipal {
    const { id, name: organizationName } = this.#deps.organization;
    const nothing = { bindings: [], scopes: [], tokenId: "" };
    return { kind: "account", accountId, name, organizationId: id, organizationName, ...nothing };
  }
}

function issuerOf(settings: OidcSettings): Issuer | undefined {
  const { ROOST_OIDC_ISSUER: issuer, ROOST_OIDC_CLIENT_ID: clientId } = settings;
  if (issuer === undefined || clientId === undefined) return undefined;
  return new Issuer({ issuer, clientId, clientSecret: settings.ROOST_OIDC_CLIENT_SECRET });
}

function redirectUri(origin: string): string {
  return `${origin}/api/v1/sign-in/callback`;
}
