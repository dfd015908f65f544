import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { Client } from "../../../automation-api/cli/client.ts";
import { followEvents, parseEvents, type ServerEvent } from "../../../automation-api/cli/event-stream.ts";
import { formatEvent } from "../../../automation-api/http/sse.ts";

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
});

/** A real HTTP server whose n-th request is answered by the n-th handler, the last one again and again. */
async function serve(...handlers: ((request: IncomingMessage, response: ServerResponse) => void)[]) {
  const seen: (string | undefined)[] = [];
  server = createServer((request, response) => {
    seen.push(request.headers["last-event-id"] as string | undefined);
    const handler = handlers[Math.min(seen.length, handlers.length) - 1];
    handler?.(request, response);
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const connection = { origin: `http://127.0.0.1:${port}`, token: undefined, addressFrom: "", tokenFrom: "" };
  return { client: new Client(connection), seen };
}

const eventText = (id: number) => formatEvent({ id: String(id), event: "engine", data: { id } });

function stream(response: ServerResponse, text: string, end: "end" | "cut" | "stay") {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(text, () => {
    if (end === "end") response.end();
    if (end === "cut") response.destroy();
  });
}

async function follow(client: Client, options: { last: number; silentMs?: number }) {
  const waits: number[] = [];
  const events: ServerEvent[] = [];
  const followed = followEvents(client, {
    path: "/events",
    signal: new AbortController().signal,
    isLast: ({ id }) => id === String(options.last),
    onLost: (_reason, waitMs) => waits.push(waitMs),
    silentMs: options.silentMs,
    backOffMs: { first: 1, most: 8 },
  });
  for await (const event of followed) events.push(event);
  return { ids: events.map(({ id }) => Number(id)), waits };
}

it("reads what our server writes, however it is cut into pieces", async () => {
  const data = fc.array(fc.record({ id: fc.nat(), text: fc.string({ unit: "binary" }) }), { maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(
      data,
      fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
      async (events, sizes) => {
        const whole = Buffer.from(
          `retry: 1000\n\n: alive\n\n${events.map(({ id, text }) => formatEvent({ id: String(id), event: "log", data: text })).join("")}`,
        );
        async function* pieces() {
          for (let at = 0, turn = 0; at < whole.length; turn++) {
            const size = sizes[turn % sizes.length] as number;
            yield whole.subarray(at, at + size);
            at += size;
          }
        }
        const read: ServerEvent[] = [];
        for await (const event of parseEvents(pieces())) read.push(event);
        expect(read.map(({ id, event, data: text }) => [id, event, JSON.parse(text)])).toEqual(
          events.map(({ id, text }) => [String(id), "log", text]),
        );
      },
    ),
    { numRuns: 200 },
  );
});

it("joins several data lines, and takes every kind of line end", async () => {
  async function* bytes() {
    yield Buffer.from("id:1\r");
    yield Buffer.from("\nevent: x\r\ndata: a\rdata:b\n\n");
  }
  const read: ServerEvent[] = [];
  for await (const event of parseEvents(bytes())) read.push(event);
  expect(read).toEqual([{ id: "1", event: "x", data: "a\nb" }]);
});

it("resumes after the last event that it saw, each event once, through cuts and ends", async () => {
  const { client, seen } = await serve(
    (_, response) => stream(response, eventText(1) + eventText(2), "cut"),
    // Half an event is no event: it comes again.
    (_, response) => stream(response, eventText(3) + eventText(4).slice(0, 9), "cut"),
    (_, response) => stream(response, eventText(4), "end"),
    (_, response) => stream(response, eventText(5), "stay"),
  );
  expect((await follow(client, { last: 5 })).ids).toEqual([1, 2, 3, 4, 5]);
  expect(seen).toEqual([undefined, "2", "3", "4"]);
});

it("waits longer each time while the server is away, and shortly again after an event", async () => {
  const away = (_: IncomingMessage, response: ServerResponse) => void response.writeHead(503).end();
  const { client } = await serve(
    away,
    away,
    away,
    away,
    away,
    (_, response) => stream(response, eventText(1), "end"),
    away,
    (_, response) => stream(response, eventText(2), "stay"),
  );
  const { ids, waits } = await follow(client, { last: 2 });
  expect(ids).toEqual([1, 2]);
  expect(waits).toEqual([1, 2, 4, 8, 8, 1, 2]);
});

it("takes a connection without any sign of life for lost", async () => {
  const { client, seen } = await serve(
    (_, response) => stream(response, eventText(1), "stay"),
    (_, response) => stream(response, eventText(2), "stay"),
  );
  expect((await follow(client, { last: 2, silentMs: 100 })).ids).toEqual([1, 2]);
  expect(seen).toEqual([undefined, "1"]);
});

it.each([
  [401, "unauthenticated"],
  [403, "forbidden"],
  [404, "not_found"],
])("gives up at once when the answer is %i", async (status, code) => {
  const body = JSON.stringify({ code, detail: "no", faults: [] });
  const { client, seen } = await serve((_, response) => {
    response.writeHead(status, { "content-type": "application/problem+json" }).end(body);
  });
  await expect(follow(client, { last: 1 })).rejects.toMatchObject({ code });
  expect(seen).toHaveLength(1);
});

it("stops at the signal, and lets the connection go", async () => {
  const closed = Promise.withResolvers<void>();
  const { client } = await serve((request, response) => {
    request.once("close", () => closed.resolve());
    stream(response, eventText(1), "stay");
  });
  const stop = new AbortController();
  const options = { path: "/events", signal: stop.signal, isLast: () => false };
  for await (const _event of followEvents(client, options)) stop.abort();
  await closed.promise;
});
