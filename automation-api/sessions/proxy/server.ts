import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Notices } from "../../db/notify.ts";
import type { Db } from "../../db/transaction.ts";
import { cookieName, isForeign, readCookies, setCookie } from "../../http/cookies.ts";
import { Access, type Pass } from "./access.ts";
import { readHost, toBrowser, toWorkload, type Visit } from "./headers.ts";

const ticketPath = "/.roost/ticket";
/** Name of the cookie of a session's origin. */
const cookie = "session";

export interface ProxyOptions {
  db: Db;
  notices: Pick<Notices, "on" | "onReset">;
  /** With `*` for a session's label. Its port may be 0: then it is the one that is listened on. */
  proxyUrl: string;
  host: string;
  port: number;
  onFault(message: string, error: unknown): void;
}

export interface RunningProxy {
  /** With `*` for a session's label. */
  url: string;
  close(): Promise<void>;
}

interface Admitted {
  visit: Visit;
  pass: Pass;
}

/**
 * Leads browsers to sessions, each under an origin of its own: a ticket of the API becomes a cookie of that one host,
 * and whoever has it reaches that one workload. Nothing of ours passes: no token, no cookie, no word that was forged.
 */
export async function startProxy(options: ProxyOptions): Promise<RunningProxy> {
  const access = new Access(options.db, options.notices, (error) =>
    options.onFault("sessions' ways in could not be looked at", error),
  );
  const agent = new http.Agent({ keepAlive: true, maxFreeSockets: 64, timeout: 60_000 });
  const sockets = new Set<Duplex>();
  const server = http.createServer({ requestTimeout: 0 });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  const url = options.proxyUrl.replace(/:0$/, `:${(server.address() as AddressInfo).port}`);

  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    handle(request, response).catch((error) => {
      options.onFault("a request of a session failed", error);
      if (response.headersSent) response.destroy();
      else refuse(response, 503, "This cannot be answered now. Try again.");
    });
  });
  server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    upgrade(request, socket, head).catch((error) => {
      options.onFault("an upgrade of a session failed", error);
      socket.destroy();
    });
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const place = readHost(request.headers.host, url);
    if (!place) return refuse(response, 404, "There is no session at this address.");
    if (!request.url?.startsWith("/")) return refuse(response, 400, "Expected a path.");
    const { pathname, searchParams } = new URL(place.origin + request.url);
    if (pathname === ticketPath) return redeem(place, searchParams.get("ticket") ?? "", response);
    if (isForeign(request.method ?? "", request.headers, [place.origin], false)) {
      return refuse(response, 403, "This was asked for by a page of another origin.");
    }
    const admitted = await admit(request, place);
    if (!admitted) return refuse(response, 401, "Open this session from Roost: this address alone does not.");
    forward(request, response, admitted);
  }

  async function redeem(
    { sessionId, origin }: { sessionId: string; origin: string },
    ticket: string,
    response: ServerResponse,
  ): Promise<void> {
    const value = await access.redeem(sessionId, ticket);
    if (!value) return refuse(response, 401, "The ticket is unknown, was used, or is older than 30 s.");
    response.writeHead(303, {
      location: "/",
      "set-cookie": setCookie(origin, cookie, value),
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
    });
    response.end();
  }

  async function admit(
    request: IncomingMessage,
    { sessionId, origin }: { sessionId: string; origin: string },
  ): Promise<Admitted | undefined> {
    const pass = await access.admit(
      sessionId,
      readCookies(request.headers.cookie, cookieName(origin, cookie)),
    );
    const remote = request.socket.remoteAddress ?? "";
    return pass && { pass, visit: { sessionId, origin, remote, user: pass.user } };
  }

  function ask(request: IncomingMessage, { pass, visit }: Admitted, upgrade?: string) {
    return http.request({
      host: pass.address,
      port: pass.port,
      method: request.method,
      path: request.url,
      agent: upgrade ? false : agent,
      setHost: false,
      headers: {
        ...toWorkload(request.headers, visit),
        // Framed as it came: a body that nothing frames would be read as the next request.
        ...(request.headers["transfer-encoding"] !== undefined && { "transfer-encoding": "chunked" }),
        ...(upgrade && { connection: "Upgrade", upgrade }),
      },
    });
  }

  function forward(request: IncomingMessage, response: ServerResponse, admitted: Admitted): void {
    const { pass } = admitted;
    const outgoing = ask(request, admitted);
    const unwatch = pass.watch(() => response.destroy());
    response.once("close", () => {
      unwatch();
      outgoing.destroy();
    });
    outgoing.on("error", () => {
      if (response.headersSent) response.destroy();
      else refuse(response, 502, "The session does not answer.");
    });
    outgoing.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, toBrowser(answer.headers));
      answer.on("data", pass.used);
      answer.on("error", () => response.destroy());
      // `pipe` waits for the slower side.
      answer.pipe(response);
    });
    request.on("data", pass.used);
    request.pipe(outgoing);
  }

  async function upgrade(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const place = readHost(request.headers.host, url);
    if (!place) return refuseUpgrade(socket, "404 Not Found");
    if (!request.url?.startsWith("/")) return refuseUpgrade(socket, "400 Bad Request");
    if (isForeign(request.method ?? "", request.headers, [place.origin], true)) {
      return refuseUpgrade(socket, "403 Forbidden");
    }
    const admitted = await admit(request, place);
    if (!admitted) return refuseUpgrade(socket, "401 Unauthorized");
    const { pass } = admitted;
    const outgoing = ask(request, admitted, request.headers.upgrade ?? "websocket");
    const unwatch = pass.watch(() => socket.destroy());
    socket.once("close", () => {
      unwatch();
      outgoing.destroy();
    });
    outgoing.on("error", () => refuseUpgrade(socket, "502 Bad Gateway"));
    outgoing.on("response", (answer) => {
      answer.resume();
      refuseUpgrade(socket, `${answer.statusCode} ${answer.statusMessage}`);
    });
    outgoing.on("upgrade", (answer, other, first) => {
      sockets.add(other);
      other.once("close", () => {
        sockets.delete(other);
        socket.destroy();
      });
      socket.once("close", () => other.destroy());
      other.on("error", () => socket.destroy());
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\n${headLines(toBrowser(answer.headers), answer.headers.upgrade)}\r\n`,
      );
      other.unshift(first);
      socket.unshift(head);
      socket.on("data", pass.used);
      other.on("data", pass.used);
      socket.pipe(other).pipe(socket);
    });
    outgoing.end();
  }

  return {
    url,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      agent.destroy();
      await access.close();
    },
  };
}

function headLines(headers: http.OutgoingHttpHeaders, upgrade: string | undefined): string {
  const all = { ...headers, connection: "Upgrade", upgrade: upgrade ?? "websocket" };
  return Object.entries(all)
    .flatMap(([name, value]) => [value ?? []].flat().map((each) => `${name}: ${each}\r\n`))
    .join("");
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'",
    ...(status >= 400 && { connection: "close" }),
  });
  response.end(`${text}\n`);
}

function refuseUpgrade(socket: Duplex, status: string): void {
  if (!socket.destroyed) socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
