import { once } from "node:events";
import http from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { WebSocket } from "ws";
import { z } from "zod";
import { accessRoutes } from "../../../automation-api/access/routes.ts";
import { route } from "../../../automation-api/http/route.ts";
import type { StreamEvent } from "../../../automation-api/http/stream.ts";
import { startTestServer, type TestServer, until } from "./test-server.ts";

let server: TestServer;
/** Feeds that are open now. */
let open = 0;
let made = 0;

/** Numbers from `after`, up to `end`; then it waits until it is told to end, as a live feed does. */
async function* count(
  after: number,
  end: number,
  signal: AbortSignal,
  padding = "",
): AsyncGenerator<StreamEvent> {
  open++;
  try {
    for (let n = after + 1; n <= end; n++) {
      made = n;
      yield { id: String(n), event: "tick", data: { n, padding }, at: new Date() };
    }
    if (!signal.aborted && end < 1_000_000) await once(signal, "abort");
  } finally {
    open--;
  }
}

const ticks = z.object({ end: z.coerce.number().default(3), padding: z.coerce.number().default(0) });

beforeAll(async () => {
  server = await startTestServer({
    limits: { streamsPerAccount: 3, heartbeatMs: 100 },
    routes: ({ database }) => [
      ...accessRoutes(database),
      route({
        method: "get",
        path: "/api/v1/ticks",
        summary: "ticks",
        tag: "Test",
        access: "stack:read",
        query: ticks,
        replies: { 200: { description: "ticks", contentType: "text/event-stream" } },
        handler: async ({ query, lastEventId, signal, sendEvents }) =>
          sendEvents(count(Number(lastEventId ?? 0), query.end, signal, "x".repeat(query.padding))),
      }),
    ],
    hubs: [
      {
        path: "/hubs/ticks",
        access: "stack:read",
        query: ticks,
        open: async ({
          query,
          lastEventId,
          signal,
        }: {
          query: z.output<typeof ticks>;
          lastEventId?: string;
          signal: AbortSignal;
        }) => count(Number(lastEventId ?? 0), query.end, signal),
      },
    ],
  });
});
afterAll(() => server.close());
beforeEach(() => until(() => open === 0, "the streams of the test before are over"));

const viewer = () => server.tokenOf({ roles: [{ role: "viewer", projectId: null }] });

interface Reader {
  response: http.IncomingMessage;
  text(): string;
  ended: Promise<unknown>;
  leave(): void;
}

async function read(path: string, headers: Record<string, string> = {}): Promise<Reader> {
  const authorization = `Bearer ${server.adminToken}`;
  const request = http.get(`${server.url}${path}`, { headers: { authorization, ...headers } });
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  request.on("error", () => {});
  let text = "";
  response.on("data", (chunk) => {
    text += chunk;
  });
  response.on("error", () => {});
  return {
    response,
    text: () => text,
    ended: new Promise((resolve) => response.once("close", resolve)),
    leave: () => request.destroy(),
  };
}

describe("server-sent events", () => {
  test("carry id, kind and data, a comment now and then, and are never cached or compressed", async () => {
    const reader = await read("/api/v1/ticks", { "accept-encoding": "gzip" });
    await until(() => reader.text().includes(": alive"), "a heartbeat has come");
    expect(reader.response.headers).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store, no-transform",
    });
    expect(reader.response.headers).not.toHaveProperty("content-encoding");
    expect(reader.text()).toContain('id: 2\nevent: tick\ndata: {"n":2,"padding":""}\n\n');
    reader.leave();
  });

  test("go on after the last event that was seen", async () => {
    const reader = await read("/api/v1/ticks?end=5", { "last-event-id": "3" });
    await until(() => reader.text().includes('"n":5'), "the last event has come");
    expect(reader.text().match(/^id: \d/gm)).toEqual(["id: 4", "id: 5"]);
    reader.leave();
    const bad = await server.call("GET", "/api/v1/ticks", { headers: { "last-event-id": "a b" } });
    expect([bad.status, bad.body.faults[0].field]).toEqual([400, "header.last-event-id"]);
  });

  test("wait for a reader that takes nothing, instead of filling the memory", async () => {
    const reader = await read("/api/v1/ticks?end=1000000&padding=10000");
    reader.response.pause();
    await until(() => open === 1, "the feed is open");
    let before = -1;
    await until(async () => {
      const still = made === before;
      before = made;
      await wait(100);
      return still;
    }, "the feed stands still");
    expect(made).toBeLessThan(2_000);
    reader.leave();
  });

  test("are opened by a browser with a ticket, once", async () => {
    const { ticket } = (await server.call("POST", "/api/v1/tickets")).body;
    const headers = { authorization: "" };
    const reader = await read(`/api/v1/ticks?ticket=${ticket}&end=1`, headers);
    expect(reader.response.statusCode).toBe(200);
    reader.leave();
    expect((await server.call("GET", `/api/v1/ticks?ticket=${ticket}`, { token: null })).status).toBe(401);
    const other = (await server.call("POST", "/api/v1/tickets")).body.ticket;
    expect((await server.call("GET", `/api/v1/me?ticket=${other}`, { token: null })).status).toBe(401);
    expect(server.log.join("")).not.toContain(ticket);
  });

  test("are not opened by a ticket that is older than 30 s", async () => {
    const { ticket } = (await server.call("POST", "/api/v1/tickets")).body;
    const past = new Date(Date.now() - 1000);
    await server.database.db.updateTable("ticket").set({ expires_at: past }).execute();
    expect((await server.call("GET", `/api/v1/ticks?ticket=${ticket}`, { token: null })).status).toBe(401);
  });

  test("are limited in number per account", async () => {
    const { token } = await viewer();
    const mine = { authorization: `Bearer ${token}` };
    const readers = await Promise.all([1, 2, 3].map(() => read("/api/v1/ticks", mine)));
    expect((await server.call("GET", "/api/v1/ticks", { token })).status).toBe(429);
    readers.pop()?.leave();
    await until(() => open === 2, "one has left");
    const another = await read("/api/v1/ticks", mine);
    expect(another.response.statusCode).toBe(200);
    for (const reader of [...readers, another]) reader.leave();
  });

  test("have no HEAD", async () => {
    expect((await server.call("HEAD", "/api/v1/ticks")).status).toBe(405);
  });
});

describe("a token that is revoked", () => {
  test("ends its event stream and its WebSocket within 5 s, and no other", async () => {
    const { token, id } = await viewer();
    const reader = await read("/api/v1/ticks", { authorization: `Bearer ${token}` });
    const socket = connect("/hubs/ticks", { headers: { authorization: `Bearer ${token}` } });
    await once(socket, "message");
    const closed = once(socket, "close");
    const other = await read("/api/v1/ticks");
    const started = performance.now();
    await server.call("DELETE", `/api/v1/tokens/${id}`);
    await reader.ended;
    const [code] = await closed;
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(code).toBe(1008);
    expect(other.response.destroyed).toBe(false);
    other.leave();
  });

  test("does so too when the notice of it is lost", async () => {
    const { token, id } = await viewer();
    const reader = await read("/api/v1/ticks", { authorization: `Bearer ${token}` });
    const started = performance.now();
    await server.database.db
      .updateTable("token")
      .set({ revoked_at: new Date() })
      .where("id", "=", id)
      .execute();
    await reader.ended;
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe("a WebSocket", () => {
  test("carries the same feed as JSON messages", async () => {
    const socket = connect("/hubs/ticks?end=2&lastEventId=1", {
      headers: { authorization: `Bearer ${server.adminToken}` },
    });
    const [message] = await once(socket, "message");
    expect(JSON.parse(String(message))).toEqual({ id: "2", event: "tick", data: { n: 2, padding: "" } });
    socket.close();
  });

  test("is opened by a ticket, and by a token as subprotocol that is not sent back", async () => {
    const { ticket } = (await server.call("POST", "/api/v1/tickets")).body;
    const byTicket = connect(`/hubs/ticks?ticket=${ticket}`);
    await once(byTicket, "message");
    byTicket.close();
    const byToken = connect("/hubs/ticks", {}, ["roost.events", `roost.token.${server.adminToken}`]);
    await once(byToken, "open");
    expect(byToken.protocol).toBe("roost.events");
    byToken.close();
  });

  const refused: [string, string, Record<string, string>, number, string][] = [
    ["without a login", "/hubs/ticks", {}, 401, "token"],
    ["with a token in the query", "/hubs/ticks?token=abc", {}, 400, "never travels"],
    ["with a bad ticket", `/hubs/ticks?ticket=${"a".repeat(43)}`, {}, 401, "ticket"],
    ["from a page of another site", "/hubs/ticks", { origin: "https://evil.example" }, 403, "Origin"],
    ["at an unknown path", "/hubs/nothing", {}, 404, "no WebSocket"],
    ["with a bad query", "/hubs/ticks?end=many", { authorization: "admin" }, 400, "query.end"],
    ["with an unknown query", "/hubs/ticks?nothing=1", { authorization: "admin" }, 400, "query.nothing"],
  ];
  test.each(refused)("%s is refused with a problem", async (_name, path, headers, status, text) => {
    const own = headers.authorization ? { authorization: `Bearer ${server.adminToken}` } : {};
    const socket = connect(path, { headers: { ...headers, ...own } });
    const [, response] = (await once(socket, "unexpected-response")) as [unknown, http.IncomingMessage];
    let body = "";
    for await (const chunk of response) body += chunk;
    expect([response.statusCode, response.headers["content-type"]]).toEqual([
      status,
      "application/problem+json",
    ]);
    expect(JSON.parse(body).detail).toContain(text);
  });

  test("from our own page is accepted", async () => {
    const { ticket } = (await server.call("POST", "/api/v1/tickets")).body;
    const socket = connect(`/hubs/ticks?ticket=${ticket}`, { headers: { origin: server.url } });
    await once(socket, "open");
    socket.close();
  });

  test("that sends a large message is closed", async () => {
    const socket = connect("/hubs/ticks", { headers: { authorization: `Bearer ${server.adminToken}` } });
    await once(socket, "open");
    socket.send("x".repeat(10_000));
    expect((await once(socket, "close"))[0]).toBe(1009);
  });
});

test("a server that closes ends all streams first", async () => {
  const short = await startTestServer({
    routes: () => [
      route({
        method: "get",
        path: "/api/v1/ticks",
        summary: "ticks",
        tag: "Test",
        access: "authenticated",
        replies: { 200: { description: "ticks", contentType: "text/event-stream" } },
        handler: async ({ signal, sendEvents }) => sendEvents(count(0, 3, signal)),
      }),
    ],
  });
  const headers = { authorization: `Bearer ${short.adminToken}` };
  const request = http.get(`${short.url}/api/v1/ticks`, { headers });
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  response.resume();
  const ended = once(response, "end");
  const started = performance.now();
  await short.server.close();
  await ended;
  expect(performance.now() - started).toBeLessThan(2_000);
  await short.close();
});

function connect(path: string, options: object = {}, protocols: string[] = []): WebSocket {
  const socket = new WebSocket(`${server.url.replace("http", "ws")}${path}`, protocols, options);
  socket.on("error", () => {});
  return socket;
}
