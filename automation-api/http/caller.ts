import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import { invalid } from "../errors.ts";

const authority = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?$/;

/**
 * Scheme and authority that the caller used, such as `http://127.0.0.1:8000`.
 * Behind a proxy, what that proxy says; else X-Forwarded-* counts nothing.
 * @throws invalid when the Host header is malformed.
 */
export function originOf(request: IncomingMessage, behindProxy: boolean): string {
  const forwarded = behindProxy ? lastOf(request.headers["x-forwarded-proto"]) : undefined;
  const secure =
    forwarded === undefined ? (request.socket as TLSSocket).encrypted === true : forwarded === "https";
  const host = (behindProxy && lastOf(request.headers["x-forwarded-host"])) || request.headers.host;
  if (!host || !authority.test(host)) throw invalid("header.host", "is missing or malformed");
  return `${secure ? "https" : "http"}://${host}`;
}

/** Origins of our own pages: by the address that the caller used, and by the one that users are told. */
export function ownOrigins(
  request: IncomingMessage,
  { behindProxy, publicOrigin }: { behindProxy: boolean; publicOrigin?: string },
): string[] {
  const used = originOf(request, behindProxy);
  return publicOrigin === undefined ? [used] : [used, publicOrigin];
}

/** The caller's address: the proxy's last word, or the socket's. */
export function addressOf(request: IncomingMessage, behindProxy: boolean): string {
  const forwarded = behindProxy ? lastOf(request.headers["x-forwarded-for"]) : undefined;
  return forwarded ?? request.socket.remoteAddress ?? "unknown";
}

/** The nearest proxy appends; what stands before it the client may have invented. */
function lastOf(header: string | string[] | undefined): string | undefined {
  return [header ?? []].flat().join(",").split(",").at(-1)?.trim() || undefined;
}
