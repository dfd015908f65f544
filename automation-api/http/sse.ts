import type { ServerResponse } from "node:http";
import type { Principal } from "../access/permissions.ts";
import { RoostError } from "../errors.ts";
import { stalledReaderMs } from "./limits.ts";
import { pump, type StreamEvent, type StreamSupport } from "./stream.ts";

/** Sequence numbers, and `<stream>:<sequence>` of feeds that join several streams. */
const eventId = /^[A-Za-z0-9_:.-]{1,100}$/;

/**
 * What the reader has seen: the header of a browser that reconnects, or
 * `?lastEventId=` of one that connects anew with a fresh ticket.
 * @throws invalid when it is no id of ours.
 */
export function readLastEventId(header: string | string[] | undefined, query: unknown): string | undefined {
  const given = header ?? query;
  if (given === undefined || given === "") return undefined;
  if (typeof given === "string" && eventId.test(given)) return given;
  const field = header === undefined ? "query.lastEventId" : "header.last-event-id";
  throw new RoostError("invalid", `${field}: is not the id of an event`, {
    faults: [{ field, message: "is not the id of an event" }],
  });
}

/**
 * Writes a feed as server-sent events until it ends, the client leaves, its
 * access ends or the server closes. Each event waits until the socket has
 * taken the one before, so a slow reader costs no memory.
 * @throws rate_limited before anything is written.
 */
export async function sendEvents(
  response: ServerResponse,
  principal: Principal,
  events: AsyncIterable<StreamEvent>,
  left: AbortSignal,
  support: StreamSupport,
): Promise<"handled"> {
  const release = support.limit.take(principal);
  const lost = new AbortController();
  const unwatch = support.guard.watch(principal, () => lost.abort());
  const signal = AbortSignal.any([left, lost.signal, support.closing]);
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",
  });
  response.write("retry: 1000\n\n");
  const beat = setInterval(() => {
    if (!response.writableNeedDrain) response.write(": alive\n\n");
  }, support.heartbeatMs);
  try {
    await pump(events, signal, support, (event) => writeFully(response, formatEvent(event), signal));
  } finally {
    clearInterval(beat);
    unwatch();
    release();
    response.end();
  }
  return "handled";
}

export function formatEvent({ id, event, data }: StreamEvent): string {
  const head = `${id === undefined ? "" : `id: ${id}\n`}${event === undefined ? "" : `event: ${event}\n`}`;
  return `${head}data: ${JSON.stringify(data)}\n\n`;
}

async function writeFully(response: ServerResponse, text: string, signal: AbortSignal): Promise<void> {
  if (response.write(text)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(stalled);
      response.off("drain", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const stalled = setTimeout(() => response.destroy(), stalledReaderMs);
    response.once("drain", done);
    signal.addEventListener("abort", done, { once: true });
  });
}
