import type { IncomingMessage, ServerResponse } from "node:http";
import type { z } from "zod";
import type { Permission, Principal } from "../access/permissions.ts";
import type { StreamEvent } from "./stream.ts";

/** Who may call a route at all; the exact object is judged in service.ts. */
export type RouteAccess = Permission | "authenticated" | "public";

export interface ReplyDefinition {
  description: string;
  /** Body of an application/json reply. Replies are built from it, so nothing else leaks. */
  schema?: z.ZodType;
  /** Set for replies that are no JSON, such as `text/event-stream`. */
  contentType?: string;
  /** Further types that the handler may answer with, by `contentType` of its reply; the body is then text. */
  otherTypes?: string[];
}

type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined;

export interface RouteRequest<P = unknown, Q = unknown, B = unknown> {
  params: P;
  query: Q;
  body: B;
  /** Undefined on public routes, which look at no token. */
  principal: Principal;
  requestId: string;
  headers: IncomingMessage["headers"];
  /** Scheme and authority that the caller used, such as `http://127.0.0.1:8000`. */
  origin: string;
  /** W3C trace context, to keep with what the request causes. */
  traceParent: string;
  /** Event that the reader of a stream has seen last. */
  lastEventId?: string;
  /** Aborted when the client leaves. */
  signal: AbortSignal;
  /**
   * Writes a feed as server-sent events until it ends or the client leaves;
   * for routes with a `text/event-stream` reply. The feed gets `signal` too.
   */
  sendEvents(events: AsyncIterable<StreamEvent>): Promise<"handled">;
  /** For streams and uploads only. */
  raw: { request: IncomingMessage; response: ServerResponse };
}

export interface RouteReply {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
  /** One of the definition's `otherTypes`. */
  contentType?: string;
}

/** The handler of a stream writes to `raw.response` itself and returns `"handled"`. */
export type HandlerResult = RouteReply | "handled";

export interface Route {
  method: "get" | "post" | "put" | "patch" | "delete" | "head";
  /** Express form, such as `/api/v1/deployments/:id`. */
  path: string;
  summary: string;
  /** Heading in the API documentation: the noun. */
  tag: string;
  access: RouteAccess;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodType;
  replies: Record<number, ReplyDefinition>;
  /** Takes `?ticket=` in place of a token, as streams do: for what a browser opens by its address. */
  takesTicket?: boolean;
  /** Counted per address of the caller: for what is public and makes work for others. */
  isLimited?: boolean;
  /** `json` (default), or `binary` for an upload that the handler reads from `raw.request`. */
  bodyKind?: "json" | "binary";
  /** Largest body in bytes, after decompression. Default 1 MiB. */
  bodyLimitBytes?: number;
  /** Honours Idempotency-Key. Default: every state-changing route of /api/v1. */
  idempotent?: boolean;
  /** `pulumi`: errors as `{code, message}`, unknown fields allowed; not in the product's OpenAPI. */
  protocol?: "pulumi";
  handler: (request: RouteRequest<never, never, never>) => Promise<HandlerResult>;
}

interface TypedRoute<P, Q, B> extends Omit<Route, "params" | "query" | "body" | "handler"> {
  params?: P;
  query?: Q;
  body?: B;
  handler: (request: RouteRequest<Parsed<P>, Parsed<Q>, Parsed<B>>) => Promise<HandlerResult>;
}

/** Declares a route with its handler's types taken from its schemas. */
export function route<
  P extends z.ZodObject | undefined = undefined,
  Q extends z.ZodObject | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(definition: TypedRoute<P, Q, B>): Route {
  return definition as unknown as Route;
}
