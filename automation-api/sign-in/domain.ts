import { createHash, createHmac } from "node:crypto";
import type { Role } from "../access/permissions.ts";
import type { Person } from "../access/service.ts";
import { invalid, RoostError } from "../errors.ts";

/** What a verified token says; every claim but these may be missing or of any form. */
export interface Claims {
  [claim: string]: unknown;
  iss?: string;
  sub?: string;
  aud?: string | string[];
  iat?: number;
  exp?: number;
}

/** By what the claims of an issuer are judged. */
export interface Rules {
  issuer: string;
  clientId: string;
  /** What access tokens for us have in `aud`; undefined: the client id. */
  audience?: string;
  /** Claim with roles or groups; a dot leads into it. */
  roleClaim: string;
  /** Value of the claim → role here. */
  roles: ReadonlyMap<string, Role>;
  /** Domains of verified e-mail addresses; none: anybody's. */
  domains: readonly string[];
}

/** `value=role` of the settings; a value may hold `=` itself. */
export function readRoles(items: readonly string[]): Map<string, Role> {
  return new Map(
    items.map((item) => {
      const at = item.lastIndexOf("=");
      return [item.slice(0, at), item.slice(at + 1) as Role];
    }),
  );
}

/**
 * Whether an access token is for us: `aud` names us, or it was given to our own client and, as Keycloak does where
 * nothing is set, for nobody but the issuer's own account page.
 * @throws unauthenticated.
 */
export function checkAudience(claims: Claims, { audience, clientId }: Rules): void {
  const named = [claims.aud ?? []].flat();
  if (named.includes(audience ?? clientId)) return;
  const isForNobody = named.every((each) => each === "account");
  if (audience === undefined && claims.azp === clientId && isForNobody) return;
  throw new RoostError(
    "unauthenticated",
    `The token is for another audience: ${audience ?? clientId} is expected in aud.`,
  );
}

/**
 * An ID token tells a client who signed in, and a logout token who left; neither opens an API, though both are
 * signed by the same key. @throws unauthenticated.
 */
export function checkIsAccessToken(claims: Claims): void {
  const others = ["nonce", "at_hash", "c_hash", "events"].filter((claim) => claims[claim] !== undefined);
  const isOther = claims.typ === "ID" || claims.typ === "Refresh" || claims.typ === "Offline";
  if (others.length === 0 && !isOther && claims.typ !== "Logout") return;
  throw new RoostError("unauthenticated", "The token is no access token.");
}

/** The strongest role that the claim gives; null: none. Undefined: there is no such claim. */
export function roleOf(claims: Claims, { roleClaim, roles }: Rules): Role | null | undefined {
  const value = claimAt(claims, roleClaim);
  if (value === undefined) return undefined;
  const values = [value].flat();
  const held = values.flatMap((each) => (typeof each === "string" ? (roles.get(each) ?? []) : []));
  return (["admin", "operator", "viewer"] as const).find((role) => held.includes(role)) ?? null;
}

/** A claim by its name, or by the path to it: `realm_access.roles`. Names may hold dots themselves. */
export function claimAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name.split(".").reduce<unknown>((inner, step) => {
    const isObject = typeof inner === "object" && inner !== null && Object.hasOwn(inner, step);
    return isObject ? (inner as Record<string, unknown>)[step] : undefined;
  }, claims);
}

/**
 * Whom the claims are of.
 * @param sources where the role is looked for: the first that has the claim says it.
 */
export function personOf(claims: Claims, rules: Rules, sources: Claims[] = [claims]): Person {
  const { preferred_username: username, email, iat = 0 } = claims;
  const subject = claims.sub as string;
  const name = [username, email, subject].find((each) => typeof each === "string" && each !== "") as string;
  return {
    issuer: rules.issuer,
    subject,
    name,
    kind: isService(claims) ? "service" : "person",
    role: sources.map((each) => roleOf(each, rules)).find((role) => role !== undefined),
    claimedAt: new Date(iat * 1000),
  };
}

/** Whether whoever the claims are of may come in by their e-mail address: a verified one, of exactly such a domain. */
export function isOfDomains({ email, email_verified }: Claims, { domains }: Rules): boolean {
  if (domains.length === 0) return true;
  const domain = typeof email === "string" ? email.slice(email.lastIndexOf("@") + 1).toLowerCase() : "";
  return email_verified === true && domains.some((each) => each.toLowerCase() === domain);
}

/** Came for itself and not for a user (RFC 9068, 2.2: then `sub` is the client; Keycloak and Entra ID say it so). */
function isService({ sub, client_id, azp, preferred_username, idtyp }: Claims): boolean {
  if (idtyp === "app" || (sub !== undefined && (sub === client_id || sub === azp))) return true;
  return typeof preferred_username === "string" && preferred_username.startsWith("service-account-");
}

/**
 * A path of this server to come back to after a sign-in.
 * @throws invalid for whatever a browser would take for another place.
 */
export function checkReturn(path: string): string {
  const isPath = /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,1999}$/.test(path);
  if (isPath && new URL(path, "http://here.invalid").origin === "http://here.invalid") return path;
  throw invalid("query.return", "must be a path of this server, such as /docs");
}

/** What the two ends of a sign-in know: the browser's secret and the state in the address make the rest. */
export function secretsOf(browser: string, state: string): { nonce: string; verifier: string } {
  const derive = (use: string) => createHmac("sha256", browser).update(`${use} ${state}`).digest("base64url");
  return { nonce: derive("nonce"), verifier: derive("verifier") };
}

/** A refresh token is kept for this sign-in alone: what names the key is its id. */
export function sealName(tokenId: string): string {
  return `sign-in/${createHash("sha256").update(tokenId).digest("hex")}`;
}
