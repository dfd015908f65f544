import type { Request, Response } from "express";
import type { Authenticator } from "../access/service.ts";
import { newId } from "../db/id.ts";
import type { Db } from "../db/transaction.ts";
import type { Logger } from "./log.ts";
import type { RateLimits } from "./rate-limit.ts";
import type { Route } from "./route.ts";
import type { StreamSupport } from "./stream.ts";
import type { Span, Tracer } from "./tracing.ts";

/** What every route's pipeline needs. */
export interface HttpServices {
  db: Db;
  authenticator: Pick<Authenticator, "authenticate" | "authenticateCookie" | "redeemTicket">;
  limits: RateLimits;
  streams: StreamSupport;
  /** Whether X-Forwarded-* headers are believed. */
  behindProxy: boolean;
  /** Of ROOST_PUBLIC_URL, where users reach the server by another address than it listens on. */
  publicOrigin: string | undefined;
  tracer: Tracer;
  log: Logger;
  /** Told of each finished request, for metrics. `route`: the pattern, never the path itself. */
  onRequest: (request: { method: string; route: string; status: number; seconds: number }) => void;
}

/** What is known of one request from its first moment. */
export interface RequestContext {
  requestId: string;
  startedMs: number;
  route?: Route;
  span?: Span;
  /** Account or deployment, for the log. */
  actor?: string;
}

const contexts = new WeakMap<Response, RequestContext>();

/** A request id that a proxy or a client gave is kept when it has a plain form. */
export function beginContext(request: Request, response: Response): RequestContext {
  const given = request.headers["x-request-id"];
  const requestId = typeof given === "string" && /^[A-Za-z0-9_-]{8,64}$/.test(given) ? given : newId("req");
  const context = { requestId, startedMs: performance.now() };
  contexts.set(response, context);
  response.setHeader("x-request-id", requestId);
  return context;
}

export function contextOf(response: Response): RequestContext {
  return contexts.get(response) as RequestContext;
}
