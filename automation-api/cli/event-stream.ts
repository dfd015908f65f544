import { setTimeout as wait } from "node:timers/promises";
import { RoostError } from "../errors.ts";
import type { Client } from "./client.ts";

/** One server-sent event. */
export interface ServerEvent {
  id: string | undefined;
  event: string | undefined;
  data: string;
}

/**
 * Takes server-sent events apart, by the rules of the HTML standard: fields
 * `id`, `event`, `data`; an empty line ends an event; comments keep the line open.
 */
export async function* parseEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let buffer = "";
  let fields: { id?: string; event?: string; data: string[] } = { data: [] };
  for await (const chunk of chunks) {
    buffer += decoder.decode(chunk, { stream: true });
    const lines = buffer.split(/\r\n|\n|\r(?!$)/);
    buffer = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") {
        if (fields.data.length > 0) {
          yield { id: fields.id, event: fields.event, data: fields.data.join("\n") };
        }
        fields = { data: [] };
        continue;
      }
      const [, name, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
      if (name === "data") fields.data.push(value);
      else if (name === "id" || name === "event") fields[name] = value;
    }
  }
}

export interface FollowOptions {
  path: string;
  signal: AbortSignal;
  /** The last event that was seen; the stream goes on after it. */
  lastEventId?: string;
  /** Whether nothing comes after this event. */
  isLast: (event: ServerEvent) => boolean;
  /** Told before each wait for a lost connection. */
  onLost?: (reason: RoostError, waitMs: number) => void;
  /** A connection on which not even a sign of life came for so long is taken for lost. Default 60 s. */
  silentMs?: number;
  /** First and longest wait. Default 250 ms and 5 s. */
  backOffMs?: { first: number; most: number };
}

/**
 * Every event of a stream, once and in order, through lost connections and
 * restarts of the server, until `isLast` or `signal`.
 * @throws what the server refuses (no access, no such stream); a server that is away is waited for.
 */
export async function* followEvents(client: Client, options: FollowOptions): AsyncGenerator<ServerEvent> {
  const { first, most } = options.backOffMs ?? { first: 250, most: 5_000 };
  let lastEventId = options.lastEventId;
  let waitMs = first;
  while (!options.signal.aborted) {
    let lost = new RoostError("unavailable", "The server closed the stream.");
    try {
      for await (const event of oneConnection(client, options, lastEventId)) {
        waitMs = first;
        lastEventId = event.id ?? lastEventId;
        yield event;
        if (options.isLast(event)) return;
      }
    } catch (error) {
      if (options.signal.aborted) return;
      lost = comesBack(error);
    }
    if (options.signal.aborted) return;
    const pause = Math.max(waitMs, (lost.retryAfterSeconds ?? 0) * 1000);
    options.onLost?.(lost, pause);
    await wait(pause, undefined, { signal: options.signal }).catch(() => {});
    waitMs = Math.min(most, waitMs * 2);
  }
}

/** The error when the stream may be had later; throws it when not. */
function comesBack(error: unknown): RoostError {
  if (error instanceof RoostError && !["unavailable", "rate_limited", "internal"].includes(error.code))
    throw error;
  if (error instanceof RoostError) return error;
  return new RoostError("unavailable", "The connection was lost.", { cause: error });
}

async function* oneConnection(
  client: Client,
  { path, signal, silentMs = 60_000 }: FollowOptions,
  lastEventId: string | undefined,
): AsyncGenerator<ServerEvent> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), silentMs);
  const headers = { accept: "text/event-stream", ...(lastEventId && { "last-event-id": lastEventId }) };
  try {
    const response = await client.open(path, headers, AbortSignal.any([signal, silence.signal]));
    const body = response.body as ReadableStream<Uint8Array>;
    yield* parseEvents(noted(body, () => timer.refresh()));
  } finally {
    clearTimeout(timer);
    // Lets the connection go when the reader stops before the end.
    silence.abort();
  }
}

async function* noted<T>(source: AsyncIterable<T>, note: () => void): AsyncGenerator<T> {
  for await (const item of source) {
    note();
    yield item;
  }
}
