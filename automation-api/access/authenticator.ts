import type { Notices } from "../db/notify.ts";
import type { Db } from "../db/transaction.ts";
import { RoostError } from "../errors.ts";
import { browserPrefix, hashToken, isJwt, isWellFormed, readTokenHeader } from "./domain.ts";
import type { AccountPrincipal, DeploymentPrincipal, Principal } from "./permissions.ts";
import * as queries from "./queries.ts";

/** A principal is believed for this long without asking the database again. */
const cacheMs = 5_000;
const cacheSize = 10_000;

/**
 * Judges an access token of the issuer, and sees to it that the token and its holder are known here.
 * @throws unauthenticated, forbidden, unavailable.
 */
export type AdmitJwt = (token: string) => Promise<void>;

interface Cached {
  principal: AccountPrincipal;
  untilMs: number;
}

/**
 * Turns tokens and tickets into principals. Principals of API tokens are kept
 * for 5 s and dropped by a notice when access changes anywhere; an engine's
 * token is looked up each time, since it must die with its attempt.
 */
export class Authenticator {
  readonly #db: Db;
  readonly #admitJwt?: AdmitJwt;
  readonly #cache = new Map<string, Cached>();
  readonly #unsubscribe: (() => void)[];
  /** Rises with each drop: a look-up that began before must not fill the cache after. */
  #generation = 0;

  constructor(db: Db, notices: Pick<Notices, "on" | "onReset">, admitJwt?: AdmitJwt) {
    this.#db = db;
    this.#admitJwt = admitJwt;
    this.#unsubscribe = [notices.on("access", () => this.forget()), notices.onReset(() => this.forget())];
  }

  /**
   * @param isAnew whether the database is asked in any case
   * @throws unauthenticated, with the reason when the token was once good.
   */
  async authenticate(
    header: string | undefined,
    isAnew = false,
  ): Promise<AccountPrincipal | DeploymentPrincipal> {
    return this.authenticateToken(readTokenHeader(header), isAnew);
  }

  async authenticateToken(token: string, isAnew = false): Promise<AccountPrincipal | DeploymentPrincipal> {
    // What a browser keeps is no token of a program: with it goes the check of who asks.
    if (token.startsWith(browserPrefix)) throw unknownToken();
    return this.#authenticate(token, isAnew);
  }

  /** A browser's sign-in. @throws unauthenticated. */
  async authenticateCookie(value: string, isAnew = false): Promise<AccountPrincipal | DeploymentPrincipal> {
    if (!value.startsWith(browserPrefix)) throw unknownSignIn();
    return this.#authenticate(value, isAnew);
  }

  async #authenticate(token: string, isAnew: boolean): Promise<AccountPrincipal | DeploymentPrincipal> {
    if (!isWellFormed(token)) throw unknownToken();
    const hash = hashToken(token);
    const key = hash.toString("base64");
    const cached = this.#cache.get(key);
    if (cached && !isAnew && cached.untilMs > performance.now()) return cached.principal;
    if (token.startsWith("roost_dep")) return this.#engine(hash);
    const generation = this.#generation;
    if (this.#admitJwt && isJwt(token)) await this.#admitJwt(token);
    const holder = await queries.findHolder(this.#db, hash);
    if (!holder) return this.#engine(hash);
    const principal = principalOf(holder);
    if (holder.useIsOld) await queries.noteUse(this.#db, holder.tokenId);
    if (generation === this.#generation) this.#keep(key, principal, holder.livesMs);
    return principal;
  }

  /** A ticket works once, within 30 s. @throws unauthenticated. */
  async redeemTicket(ticket: string): Promise<AccountPrincipal> {
    const tokenId = await queries.takeTicket(this.#db, hashToken(ticket));
    const [holder] = tokenId ? await queries.findHolders(this.#db, [tokenId]) : [];
    if (!holder) {
      throw new RoostError(
        "unauthenticated",
        "The ticket is unknown, was used, or is older than 30 s: get a new one from POST /api/v1/tickets.",
      );
    }
    return principalOf(holder);
  }

  /** Which of these principals could not log in again with the same rights. */
  async changed(principals: Principal[]): Promise<Set<Principal>> {
    const accounts = principals.filter((principal) => principal.kind === "account");
    if (accounts.length === 0) return new Set();
    const ids = [...new Set(accounts.map((principal) => principal.tokenId))];
    const holders = new Map(
      (await queries.findHolders(this.#db, ids)).map((holder) => [holder.tokenId, holder]),
    );
    return new Set(accounts.filter((principal) => !holdsStill(principal, holders.get(principal.tokenId))));
  }

  forget(): void {
    this.#generation++;
    this.#cache.clear();
  }

  close(): void {
    for (const end of this.#unsubscribe) end();
  }

  async #engine(hash: Buffer): Promise<DeploymentPrincipal> {
    const engine = await queries.findEngine(this.#db, hash);
    if (!engine) throw unknownToken();
    return { kind: "deployment", ...engine };
  }

  #keep(key: string, principal: AccountPrincipal, livesMs: number | null): void {
    const oldest = this.#cache.size >= cacheSize ? this.#cache.keys().next().value : undefined;
    if (oldest !== undefined) this.#cache.delete(oldest);
    this.#cache.set(key, { principal, untilMs: performance.now() + Math.min(cacheMs, livesMs ?? cacheMs) });
  }
}

function unknownToken(): RoostError {
  return new RoostError("unauthenticated", "The token is not known here.");
}

function unknownSignIn(): RoostError {
  return new RoostError("unauthenticated", "The sign-in is not known here: sign in again.");
}

/** Only the holder of a token learns what became of it. */
function principalOf(holder: queries.TokenHolder): AccountPrincipal {
  if (holder.revoked) throw new RoostError("unauthenticated", "The token was revoked.");
  if (holder.expired) throw new RoostError("unauthenticated", "The token has expired.");
  if (holder.unseen)
    throw new RoostError("unauthenticated", `${holder.name} has not signed in for too long: sign in again.`);
  if (holder.disabled) throw new RoostError("unauthenticated", `The account ${holder.name} is disabled.`);
  const { tokenId, accountId, name, organizationId, organizationName, bindings, scopes } = holder;
  return { kind: "account", tokenId, accountId, name, organizationId, organizationName, bindings, scopes };
}

function holdsStill(principal: AccountPrincipal, holder: queries.TokenHolder | undefined): boolean {
  if (!holder || holder.revoked || holder.expired || holder.unseen || holder.disabled) return false;
  const key = (bindings: AccountPrincipal["bindings"]) =>
    bindings
      .map(({ role, projectId }) => `${projectId ?? ""}:${role}`)
      .sort()
      .join();
  return key(holder.bindings) === key(principal.bindings);
}
