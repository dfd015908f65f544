import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { z } from "zod";
import type { Principal } from "../access/permissions.ts";
import { newId } from "../db/id.ts";
import { invalid, messageOf, RoostError } from "../errors.ts";
import { refuseNul } from "./body.ts";
import { ownOrigins } from "./caller.ts";
import type { HttpServices } from "./context.ts";
import { stalledReaderMs } from "./limits.ts";
import { actorOf, enter, login } from "./pipeline.ts";
import { problemOf, toRoostError } from "./problem.ts";
import type { RouteAccess } from "./route.ts";
import { readLastEventId } from "./sse.ts";
import { pump, type StreamEvent } from "./stream.ts";
import { strictly, validate } from "./validation.ts";

export interface HubRequest<Q = unknown> {
  principal: Principal;
  query: Q;
  lastEventId?: string;
  requestId: string;
  /** Aborted when the client leaves, loses its access, or the server closes. */
  signal: AbortSignal;
}

/** A feed over WebSocket: each message is `{id, event, data}` in JSON. The client only listens. */
export interface Hub {
  /** Such as `/hubs/tasks`. */
  path: string;
  access: Exclude<RouteAccess, "public">;
  query?: z.ZodObject;
  /** Authorizes and opens the feed; what it throws refuses the connection with a problem. */
  open(request: HubRequest<never>): Promise<AsyncIterable<StreamEvent>>;
}

/** Subprotocol that we speak; a browser puts `roost.token.<token>` beside it to log in. */
const protocol = "roost.events";
const tokenProtocol = "roost.token.";

/** Close codes: 1001 server closes, 1008 access ended, 1013 reader too slow. */
export function attachHubs(server: Server, hubs: Hub[], services: HttpServices): () => void {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: 4096,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(protocol) ? protocol : ([...offered][0] ?? false)),
  });
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const requestId = newId("req");
    socket.on("error", () => socket.destroy());
    accept(request, requestId).then(
      ({ hub, principal, feed, controller, release }) => {
        if (socket.destroyed) {
          release();
          return;
        }
        sockets.handleUpgrade(request, socket, head, (webSocket) => {
          services.log.info({ requestId, hub: hub.path, actor: actorOf(principal) }, "WebSocket opened");
          serve(webSocket, principal, feed, controller, services)
            .catch((error: unknown) => services.log.error({ requestId, error }, "WebSocket failed"))
            .finally(release);
        });
      },
      (error: unknown) => refuse(socket, toRoostError(error), requestId, services),
    );
  };

  async function accept(request: IncomingMessage, requestId: string) {
    const url = new URL(request.url ?? "/", "http://roost.invalid");
    const hub = hubs.find(({ path }) => path === url.pathname);
    if (!hub) throw new RoostError("not_found", "There is no WebSocket at this path.");
    checkOrigin(request, ownOrigins(request, services));
    const query: Record<string, unknown> = Object.fromEntries(url.searchParams);
    const { ticket, lastEventId, ...rest } = query;
    if ("token" in rest || "access_token" in rest) {
      throw invalid("query.token", "a token never travels in a URL: get a ticket from POST /api/v1/tickets");
    }
    const authorization = request.headers.authorization ?? offeredToken(request);
    const given = ticket as string | undefined;
    const came = { authorization, ticket: given, mayBeCookie: true };
    const principal = (await login(request, came, hub.access, services)) as Principal;
    enter(principal, hub.access);
    refuseNul(rest, "query");
    const checked = hub.query ? validate(strictly(hub.query), rest, "query") : undefined;
    const controller = new AbortController();
    const release = services.streams.limit.take(principal);
    try {
      const feed = await hub.open({
        principal,
        query: checked as never,
        lastEventId: readLastEventId(undefined, lastEventId),
        requestId,
        signal: AbortSignal.any([controller.signal, services.streams.closing]),
      });
      return { hub, principal, feed, controller, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  server.on("upgrade", onUpgrade);
  return () => {
    server.off("upgrade", onUpgrade);
    sockets.close();
  };
}

/** A browser says which page asks; only our own pages may. Other clients send no Origin. */
function checkOrigin(request: IncomingMessage, own: string[]): void {
  const { origin } = request.headers;
  if (origin === undefined || own.includes(origin)) return;
  throw new RoostError("forbidden", "This page may not open a WebSocket here: its Origin is another one.", {
    faults: [{ field: "header.origin", message: "is another site" }],
  });
}

function offeredToken(request: IncomingMessage): string | undefined {
  const offered = request.headers["sec-websocket-protocol"]?.split(",").map((name) => name.trim()) ?? [];
  const token = offered.find((name) => name.startsWith(tokenProtocol));
  return token && `Bearer ${token.slice(tokenProtocol.length)}`;
}

async function serve(
  socket: WebSocket,
  principal: Principal,
  feed: AsyncIterable<StreamEvent>,
  controller: AbortController,
  services: HttpServices,
): Promise<void> {
  const { streams } = services;
  let alive = true;
  const unwatch = streams.guard.watch(principal, () => socket.close(1008, "access ended"));
  const onClosing = () => socket.close(1001, "server closes");
  streams.closing.addEventListener("abort", onClosing, { once: true });
  const beat = setInterval(() => {
    if (!alive) socket.terminate();
    alive = false;
    socket.ping();
  }, streams.heartbeatMs);
  socket.on("pong", () => {
    alive = true;
  });
  socket.on("close", () => controller.abort());
  // Too large a message, or a broken frame: ws closes the connection with the right code.
  socket.on("error", () => {});
  try {
    await pump(feed, controller.signal, streams, (event) => send(socket, event));
    socket.close(1000, "end of the feed");
  } catch (error) {
    services.log.error({ error: messageOf(error) }, "a feed failed");
    socket.close(1011, "the feed failed");
  } finally {
    clearInterval(beat);
    unwatch();
    streams.closing.removeEventListener("abort", onClosing);
  }
}

/** Resolves when the socket has taken the message. */
async function send(socket: WebSocket, { id, event, data }: StreamEvent): Promise<void> {
  await new Promise<void>((resolve) => {
    const stalled = setTimeout(() => socket.close(1013, "reader too slow"), stalledReaderMs);
    socket.send(JSON.stringify({ id, event, data }), () => {
      clearTimeout(stalled);
      resolve();
    });
  });
}

function refuse(socket: Duplex, error: RoostError, requestId: string, { log }: HttpServices): void {
  log[error.status >= 500 ? "error" : "info"](
    { requestId, status: error.status, error: error.cause },
    error.message,
  );
  const text = JSON.stringify(problemOf(error, requestId));
  const lines = [
    `HTTP/1.1 ${error.status} ${error.code}`,
    "content-type: application/problem+json",
    `content-length: ${Buffer.byteLength(text)}`,
    "cache-control: no-store",
    `x-request-id: ${requestId}`,
    "connection: close",
  ];
  if (error.retryAfterSeconds !== undefined) lines.push(`retry-after: ${Math.ceil(error.retryAfterSeconds)}`);
  socket.end(`${lines.join("\r\n")}\r\n\r\n${text}`);
}
