import type { IncomingMessage } from "node:http";
import type { Request, RequestHandler, Response } from "express";
import { mayAnywhere } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { invalid, RoostError } from "../errors.ts";
import { type Body, bodyReader, refuseNul } from "./body.ts";
import { addressOf, originOf, ownOrigins } from "./caller.ts";
import { contextOf, type HttpServices } from "./context.ts";
import { cookieName, isForeign, isOurPage, readCookies, signInCookie } from "./cookies.ts";
import { once, readKey } from "./idempotency.ts";
import { sendReply } from "./reply.ts";
import type { HandlerResult, Route, RouteAccess, RouteRequest } from "./route.ts";
import { readLastEventId, sendEvents } from "./sse.ts";
import { strictly, validate } from "./validation.ts";

/** What a route goes through, in this order: login, coarse permission, rate, input, handler, reply. */
export function pipeline(route: Route, services: HttpServices): RequestHandler {
  const takeBody = bodyTaker(route);
  const takeInput = inputTaker(route);
  return async (request, response) => {
    const context = contextOf(response);
    context.route = route;
    const traceParent = startSpan(request, response, route, services);
    if (request.method === "HEAD" && isStream(route))
      throw new RoostError("method_not_allowed", "A stream has no HEAD.");
    const ticket = isStream(route) || route.takesTicket ? takeTicket(request) : undefined;
    if (route.isLimited) await services.limits.asked(addressOf(request, services.behindProxy));
    const { authorization } = request.headers;
    // The pulumi command keeps no cookies: whoever comes to its paths with one is no such command.
    const came = { authorization, ticket, mayBeCookie: route.protocol !== "pulumi" };
    const principal = await login(request, came, route.access, services);
    context.actor = principal && actorOf(principal);
    if (principal) enter(principal, route.access);
    if (principal && changes(route)) await services.limits.change(principal.accountId);
    const lastEventId = isStream(route) ? takeLastEventId(request) : undefined;
    const { params, query } = takeInput(request);
    const body = await takeBody(request, response);
    const left = leavingSignal(response);
    const routeRequest = {
      params,
      query,
      body: body.value,
      principal: principal as Principal,
      requestId: context.requestId,
      headers: request.headers,
      origin: originOf(request, services.behindProxy),
      traceParent,
      lastEventId,
      // Only a stream outlives the reply to a client that stays.
      signal: isStream(route) ? AbortSignal.any([left, services.streams.closing]) : left,
      sendEvents: (events) => sendEvents(response, principal as Principal, events, left, services.streams),
      raw: { request, response },
    } satisfies RouteRequest as unknown as RouteRequest<never, never, never>;
    const result = await handleOnce(route, routeRequest, body.bytes, services);
    if (result !== "handled") sendReply(response, route, result);
  };
}

export function isStream(route: Route): boolean {
  return Object.values(route.replies).some((reply) => reply.contentType === "text/event-stream");
}

/** By what a caller says who it is. */
interface Came {
  authorization: string | undefined;
  ticket: string | undefined;
  /** Whether the cookie of a browser that is signed in counts where there is neither. */
  mayBeCookie: boolean;
}

/**
 * The principal, or undefined where none is asked for. Failed logins are
 * counted per address; a good token is never shut out by its neighbours' failures.
 */
export async function login(
  request: IncomingMessage,
  came: Came,
  access: RouteAccess,
  services: Pick<HttpServices, "authenticator" | "limits" | "behindProxy" | "publicOrigin">,
): Promise<Principal | undefined> {
  if (access === "public") return undefined;
  const { authorization, ticket } = came;
  const isBare = authorization === undefined && ticket === undefined;
  const cookie = isBare && came.mayBeCookie ? cookieOf(request, services) : undefined;
  try {
    if (ticket !== undefined) return await services.authenticator.redeemTicket(ticket);
    // By what was true seconds ago, who has just lost a role could give it back to himself.
    const isAnew = access === "account:manage";
    if (cookie !== undefined) return await services.authenticator.authenticateCookie(cookie, isAnew);
    return await services.authenticator.authenticate(authorization, isAnew);
  } catch (error) {
    const wrong = error instanceof RoostError && error.code === "unauthenticated";
    const tried = !isBare || cookie !== undefined;
    if (wrong && tried) await services.limits.loginFailed(addressOf(request, services.behindProxy));
    throw error;
  }
}

/**
 * The sign-in that a browser sent along.
 * @throws forbidden when it did so for a page that is not ours: a browser sends cookies whoever asks.
 */
function cookieOf(
  request: IncomingMessage,
  services: Pick<HttpServices, "behindProxy" | "publicOrigin">,
): string | undefined {
  const name = cookieName(originOf(request, services.behindProxy), signInCookie);
  const [cookie] = readCookies(request.headers.cookie, name);
  if (cookie === undefined) return undefined;
  const { method = "", headers } = request;
  const origins = ownOrigins(request, services);
  const isReading = method === "GET" || method === "HEAD";
  const isUpgrade = headers.upgrade !== undefined;
  if (!isForeign(method, headers, origins, isUpgrade) && (isReading || isOurPage(headers, origins)))
    return cookie;
  throw new RoostError(
    "forbidden",
    "A browser's sign-in works for pages of this server only, and another page asked: use a token.",
    { faults: [{ field: "header.origin", message: "is not this server's" }] },
  );
}

/** The first, coarse check; the exact object is judged in service.ts. */
export function enter(principal: Principal, access: RouteAccess): void {
  if (access === "public" || access === "authenticated" || mayAnywhere(principal, access)) return;
  throw new RoostError(
    "forbidden",
    `This needs the permission ${access}, which ${principal.name} does not have.`,
  );
}

export function actorOf(principal: Principal): string {
  return principal.kind === "deployment" ? principal.deploymentId : principal.accountId;
}

function startSpan(request: Request, response: Response, route: Route, { tracer }: HttpServices): string {
  const parent = request.headers.traceparent;
  const span = tracer.startSpan(
    `HTTP ${request.method} ${route.path}`,
    typeof parent === "string" ? parent : null,
    {
      "http.request.method": request.method,
      "http.route": route.path,
    },
  );
  contextOf(response).span = span;
  return span.traceParent;
}

/** A ticket may stand in the query, since it is worthless a moment later; a token never. */
function takeTicket(request: Request): string | undefined {
  const query = editableQuery(request);
  const { ticket } = query;
  if (ticket === undefined) return undefined;
  delete query.ticket;
  if (typeof ticket !== "string" || !/^[A-Za-z0-9_-]{43}$/.test(ticket)) {
    throw invalid("query.ticket", "is not a ticket of POST /api/v1/tickets");
  }
  return ticket;
}

function takeLastEventId(request: Request): string | undefined {
  const query = editableQuery(request);
  const given = query.lastEventId;
  delete query.lastEventId;
  return readLastEventId(request.headers["last-event-id"], given);
}

/** Express 5 parses the query anew at each reading; this pins it, so that a parameter can be taken out. */
function editableQuery(request: Request): Record<string, unknown> {
  const query = request.query;
  Object.defineProperty(request, "query", { value: query, configurable: true, writable: true });
  return query;
}

function inputTaker(route: Route): (request: Request) => { params: unknown; query: unknown } {
  const params = route.params && strictly(route.params);
  const query = route.query && strictly(route.query);
  return (request) => {
    refuseNul(request.params, "path");
    refuseNul(request.query, "query");
    if (!query && route.protocol !== "pulumi") refuseAnyQuery(request.query);
    return {
      params: params ? validate(params, { ...request.params }, "path") : undefined,
      query: query ? validate(query, { ...request.query }, "query") : undefined,
    };
  };
}

function refuseAnyQuery(query: object): void {
  const [name] = Object.keys(query);
  if (name !== undefined) throw invalid(`query.${name.slice(0, 60)}`, "is not a field here");
}

function bodyTaker(route: Route): (request: Request, response: Response) => Promise<Body> {
  if (route.bodyKind === "binary") return async () => ({ bytes: Buffer.alloc(0), value: undefined });
  const read = bodyReader(route);
  const schema = route.body && (route.protocol === "pulumi" ? route.body : strictly(route.body));
  return async (request, response) => {
    const { bytes, value } = await read(request, response);
    if (schema) return { bytes, value: validate(schema, value, "body") };
    if (route.protocol !== "pulumi" && value !== undefined && JSON.stringify(value) !== "{}") {
      throw invalid("body", "this takes no body");
    }
    return { bytes, value };
  };
}

function leavingSignal(response: Response): AbortSignal {
  const controller = new AbortController();
  response.once("close", () => controller.abort());
  return controller.signal;
}

function changes(route: Route): boolean {
  return route.protocol !== "pulumi" && route.method !== "get" && route.method !== "head";
}

async function handleOnce(
  route: Route,
  request: RouteRequest<never, never, never>,
  bytes: Buffer,
  { db }: HttpServices,
): Promise<HandlerResult> {
  const given = request.headers["idempotency-key"];
  if (!changes(route) || given === undefined) return route.handler(request);
  const key = readKey(given as string);
  if (route.idempotent === false || route.bodyKind === "binary" || !key) {
    throw invalid(
      "header.idempotency-key",
      "is not supported by this route, whose reply or body is not kept",
    );
  }
  const { principal, requestId, raw } = request;
  const { accountId } = principal as Principal;
  const { method = "", url = "" } = raw.request;
  return once(db, { accountId, key, requestId, method, url, body: bytes }, async () => {
    const result = await route.handler(request);
    if (result === "handled") throw new Error(`${route.path} answers by itself, so it cannot be idempotent.`);
    return result;
  });
}
