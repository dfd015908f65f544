import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import { sessionOfLabel } from "../domain.ts";

/** A session's own origin and what is known of who asks. */
export interface Visit {
  sessionId: string;
  user: string;
  /** Of the session, such as `http://ses-01….localhost:8001`. */
  origin: string;
  /** Address of the browser. */
  remote: string;
}

/** Of one connection only (RFC 9110, 7.6.1). */
const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
/** What a browser, or somebody before us, may say of itself counts nothing: we say it. */
const ours = /^(authorization|forwarded|x-forwarded-.*|x-real-ip|x-roost-.*|via)$/;

const isOurCookie = (name: string) => /^(__Host-|__Secure-)?roost_/.test(name);

/**
 * The session that a Host header names, and its origin. Undefined: none.
 * @param proxyUrl with `*` for the label, such as `http://*.localhost:8001`
 */
export function readHost(
  host: string | undefined,
  proxyUrl: string,
): { sessionId: string; origin: string } | undefined {
  const [scheme = "", pattern = ""] = proxyUrl.split("://");
  const rest = pattern.slice(1).toLowerCase();
  const given = host?.toLowerCase() ?? "";
  if (!given.endsWith(rest)) return undefined;
  const sessionId = sessionOfLabel(given.slice(0, given.length - rest.length));
  return sessionId === undefined ? undefined : { sessionId, origin: `${scheme}://${given}` };
}

/** What the workload is told: the browser's words, less what is for us and what it could pretend. */
export function toWorkload(headers: IncomingHttpHeaders, visit: Visit): OutgoingHttpHeaders {
  const named = connectionNames(headers.connection);
  const kept = Object.entries(headers).filter(
    ([name]) => !hopByHop.has(name) && !named.has(name) && !ours.test(name) && name !== "cookie",
  );
  const cookies = (headers.cookie ?? "")
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part !== "" && !isOurCookie(part.split("=")[0] ?? ""));
  const { protocol, host } = new URL(visit.origin);
  return {
    ...Object.fromEntries(kept),
    ...(cookies.length > 0 && { cookie: cookies.join("; ") }),
    "x-forwarded-for": visit.remote,
    "x-forwarded-host": host,
    "x-forwarded-proto": protocol.slice(0, -1),
    "x-roost-session": visit.sessionId,
    "x-roost-user": visit.user,
  };
}

/** What the browser is told: no cookie of ours, and none for more than the session's own host. */
export function toBrowser(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const named = connectionNames(headers.connection);
  const kept = Object.entries(headers).filter(
    ([name]) => !hopByHop.has(name) && !named.has(name) && name !== "set-cookie",
  );
  const cookies = (headers["set-cookie"] ?? []).flatMap((cookie) => {
    const [pair = "", ...attributes] = cookie.split(";");
    if (isOurCookie(pair.split("=")[0]?.trim() ?? "")) return [];
    return [[pair, ...attributes.filter((each) => !/^\s*domain\s*=/i.test(each))].join(";")];
  });
  return { ...Object.fromEntries(kept), ...(cookies.length > 0 && { "set-cookie": cookies }) };
}

function connectionNames(connection: string | undefined): Set<string> {
  return new Set((connection ?? "").split(",").map((name) => name.trim().toLowerCase()));
}
