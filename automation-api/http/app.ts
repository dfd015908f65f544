import type { RequestListener, Server } from "node:http";
import express, { type ErrorRequestHandler, type RequestHandler } from "express";
import helmet from "helmet";
import type { Settings } from "../config.ts";
import { RoostError } from "../errors.ts";
import { addressOf } from "./caller.ts";
import { beginContext, contextOf, type HttpServices } from "./context.ts";
import * as limits from "./limits.ts";
import { createOpenApi } from "./openapi.ts";
import { pipeline } from "./pipeline.ts";
import { sendProblem, toRoostError } from "./problem.ts";
import { createRateLimits } from "./rate-limit.ts";
import type { Route } from "./route.ts";
import { siteRoutes } from "./site.ts";
import { StreamLimit } from "./stream.ts";
import { attachHubs, type Hub } from "./websocket.ts";

export interface AppOptions {
  routes: Route[];
  hubs?: Hub[];
  settings: Pick<Settings, "ROOST_BEHIND_PROXY" | "ROOST_PUBLIC_URL">;
  version: string;
  services: Pick<HttpServices, "db" | "authenticator" | "tracer" | "log"> &
    Partial<Pick<HttpServices, "onRequest">> & {
      guard: HttpServices["streams"]["guard"];
      onDelivered?: (lagSeconds: number) => void;
    };
  /** Other limits than those of limits.ts, for tests and benches. */
  limits?: Partial<
    Record<
      | "loginFailuresPerMinute"
      | "signInsPerMinute"
      | "changesPerMinute"
      | "streamsPerAccount"
      | "heartbeatMs",
      number
    >
  >;
}

export interface App {
  handler: RequestListener;
  /** All routes, with those of the documentation. */
  routes: Route[];
  /** Open streams and WebSockets. */
  openStreams(): number;
  /** Adds the WebSockets to a server that serves `handler`. */
  attach(server: Server): void;
  /** Ends all open streams, so that the server can close. */
  close(): void;
}

/** The HTTP application: one loop mounts the route table, one handler answers every error. */
export function createApp(options: AppOptions): App {
  const { settings } = options;
  const closing = new AbortController();
  const streamLimit = new StreamLimit(options.limits?.streamsPerAccount ?? limits.streamsPerAccount);
  const services = httpServices(options, streamLimit, closing.signal);
  const routes: Route[] = [...options.routes, ...siteRoutes(() => createOpenApi(routes, options.version))];
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.enable("case sensitive routing");
  app.enable("strict routing");
  app.use(begin(services), headers(settings));
  for (const route of routes) app[route.method](route.path, pipeline(route, services));
  for (const [path, methods] of methodsByPath(routes)) app.all(path, collectAllowed(methods));
  app.use(refuseUnrouted, answerError(services));
  const detach: (() => void)[] = [];
  return {
    handler: app,
    routes,
    openStreams: () => streamLimit.total,
    attach(server) {
      detach.push(attachHubs(server, options.hubs ?? [], services));
    },
    close() {
      closing.abort();
      for (const end of detach) end();
    },
  };
}

function httpServices(
  { services, settings, limits: own }: AppOptions,
  limit: StreamLimit,
  closing: AbortSignal,
): HttpServices {
  const { db, authenticator, tracer, log, guard, onRequest = () => {}, onDelivered = () => {} } = services;
  return {
    db,
    authenticator,
    tracer,
    log,
    onRequest,
    behindProxy: settings.ROOST_BEHIND_PROXY,
    publicOrigin: settings.ROOST_PUBLIC_URL && new URL(settings.ROOST_PUBLIC_URL).origin,
    limits: createRateLimits(db, {
      loginFailures: own?.loginFailuresPerMinute ?? limits.loginFailuresPerMinute,
      signIns: own?.signInsPerMinute ?? limits.signInsPerMinute,
      changes: own?.changesPerMinute ?? limits.changesPerMinute,
    }),
    streams: { guard, limit, closing, onDelivered, heartbeatMs: own?.heartbeatMs ?? limits.heartbeatMs },
  };
}

/** Request id, time, log line and metrics. Paths and queries are not logged: they may hold names and tickets. */
function begin(services: HttpServices): RequestHandler {
  return (request, response, next) => {
    const context = beginContext(request, response);
    response.once("close", () => {
      const { route, requestId, actor, span } = context;
      const seconds = (performance.now() - context.startedMs) / 1000;
      const status = response.writableFinished || response.headersSent ? response.statusCode : 499;
      const pattern = route?.path ?? "unmatched";
      const level = route?.protocol === "pulumi" ? "debug" : "info";
      const ms = Math.round(seconds * 1000);
      services.log[level](
        { requestId, method: request.method, route: pattern, status, ms, actor },
        "request",
      );
      services.onRequest({ method: request.method, route: pattern, status, seconds });
      span?.set({ "http.response.status_code": status, "roost.request_id": requestId });
      span?.end(status >= 500 ? `HTTP ${status}` : undefined);
    });
    if (request.url.length > limits.urlCharacters) {
      throw new RoostError("too_large", `The address is longer than ${limits.urlCharacters} characters.`);
    }
    next();
  };
}

/** Nothing of ours is framed, cached, or loads anything from elsewhere. */
function headers(settings: AppOptions["settings"]): RequestHandler {
  const common = {
    strictTransportSecurity: settings.ROOST_PUBLIC_URL?.startsWith("https:") ? { maxAge: 31_536_000 } : false,
    referrerPolicy: { policy: "no-referrer" as const },
    xFrameOptions: { action: "deny" as const },
  };
  const none = ["'none'"];
  const self = ["'self'"];
  const closed = { defaultSrc: none, baseUri: none, formAction: none, frameAncestors: none };
  const forReplies = helmet({ ...common, contentSecurityPolicy: { useDefaults: false, directives: closed } });
  const forPages = helmet({
    ...common,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        ...closed,
        scriptSrc: self,
        styleSrc: self,
        imgSrc: ["'self'", "data:"],
        connectSrc: self,
      },
    },
  });
  return (request, response, next) => {
    response.setHeader("cache-control", "no-store");
    const page = request.path === "/" || /^\/(docs|ui)(\/|$)/.test(request.path);
    (page ? forPages : forReplies)(request, response, next);
  };
}

function methodsByPath(routes: Route[]): Map<string, string[]> {
  const methods = new Map<string, string[]>();
  for (const { path, method } of routes) {
    const known = methods.get(path) ?? [];
    methods.set(path, [...known, method.toUpperCase(), ...(method === "get" ? ["HEAD"] : [])]);
  }
  return methods;
}

/** A path may fit several patterns: all of their methods are allowed. */
function collectAllowed(methods: string[]): RequestHandler {
  return (_request, response, next) => {
    response.locals.allowed = [...new Set([...(response.locals.allowed ?? []), ...methods])];
    next();
  };
}

const refuseUnrouted: RequestHandler = (request, response) => {
  const allowed: string[] | undefined = response.locals.allowed;
  if (!allowed) throw new RoostError("not_found", "There is nothing at this address; see /docs.");
  response.setHeader("allow", allowed.join(", "));
  throw new RoostError("method_not_allowed", `${request.method} is not allowed here.`, {
    faults: [
      { field: "method", message: "is not allowed here", given: request.method, allowed: allowed.join(", ") },
    ],
  });
};

function answerError({ log, behindProxy }: HttpServices): ErrorRequestHandler {
  return (thrown, request, response, _next) => {
    const error = toRoostError(thrown);
    const { requestId, route, actor } = contextOf(response);
    const wire = route ? route.protocol : /^\/api\/(?!v1\/)/.test(request.path) ? "pulumi" : undefined;
    const left = response.destroyed && !response.writableEnded;
    if (error.status >= 500 && !left) {
      log.error({ requestId, route: route?.path, actor, error: thrown }, error.message);
    } else if (error.code === "unauthenticated" || error.code === "forbidden") {
      const address = addressOf(request, behindProxy);
      log.warn({ requestId, route: route?.path, actor, address }, error.message);
    }
    sendProblem(response, error, requestId, wire);
  };
}
