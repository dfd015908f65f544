import type { IncomingHttpHeaders } from "node:http";

/** Name of the cookie of who is signed in. */
export const signInCookie = "sign_in";

/**
 * Name of a cookie of ours for an origin: where there is TLS, a browser keeps one of this name from any other host,
 * and takes it from no other.
 */
export function cookieName(origin: string, name: string): string {
  return origin.startsWith("https:") ? `__Host-roost_${name}` : `roost_${name}`;
}

/** Set-Cookie for this host alone: no script reads it, no form of another site sends it. Life in seconds; 0 ends it. */
export function setCookie(origin: string, name: string, value: string, seconds?: number): string {
  const life = seconds === undefined ? "" : `; Max-Age=${Math.floor(seconds)}`;
  const secure = origin.startsWith("https:") ? "; Secure" : "";
  return `${cookieName(origin, name)}=${value}; Path=/; HttpOnly; SameSite=Lax${life}${secure}`;
}

/** All values of a cookie: a neighbouring host may have set one for a whole domain beside the right one. */
export function readCookies(header: string | undefined, name: string): string[] {
  return (header ?? "").split(";").flatMap((part) => {
    const [key, ...value] = part.trim().split("=");
    return key === name && value.length > 0 ? [value.join("=")] : [];
  });
}

/** Whether a request comes from a page of another origin, which has no business here but to link. */
export function isForeign(
  method: string,
  headers: IncomingHttpHeaders,
  origins: string[],
  isUpgrade: boolean,
): boolean {
  const isReading = method === "GET" || method === "HEAD";
  const { origin } = headers;
  // A browser always says where an upgrade comes from; who does not is none, and has no cookie to steal.
  if (origin !== undefined && !origins.includes(origin) && (isUpgrade || !isReading)) return true;
  const site = headers["sec-fetch-site"];
  if (site === undefined || site === "same-origin" || site === "none") return false;
  return isUpgrade || !isReading || headers["sec-fetch-mode"] !== "navigate";
}

/** Whether a browser says that a page of ours asks. What says nothing of it is no browser, or one too old to tell. */
export function isOurPage(headers: IncomingHttpHeaders, origins: string[]): boolean {
  if (headers.origin !== undefined) return origins.includes(headers.origin);
  return headers["sec-fetch-site"] === "same-origin";
}
