import { invalid } from "../errors.ts";
import type { ReplyDefinition } from "../http/route.ts";
import type { StreamEvent } from "../http/stream.ts";
import type { StoredEvent } from "./contract.ts";
import type { EventFeed } from "./feed.ts";

/** How the routes that follow a stream describe their reply. */
export const streamReply: ReplyDefinition = {
  description:
    "Server-sent events: `id` is the sequence, `event` the kind, `data` JSON. Resumes after Last-Event-ID; ends with the stream.",
  contentType: "text/event-stream",
};

/**
 * A stream for http/: from where the reader says that it has read to.
 * @throws invalid, before anything is sent, when `lastEventId` is no sequence.
 */
export function toStreamEvents(
  feed: EventFeed,
  streamId: string,
  from: { after?: number; lastEventId?: string; signal: AbortSignal },
): AsyncIterable<StreamEvent> {
  const { lastEventId, signal } = from;
  if (lastEventId !== undefined && !/^\d{1,15}$/.test(lastEventId)) {
    throw invalid("header.last-event-id", "expected the sequence of an event");
  }
  // A browser that reconnects repeats the address that it had first: what it saw last counts.
  const after = lastEventId === undefined ? (from.after ?? 0) : Number(lastEventId);
  return frames(feed.follow(streamId, after, signal));
}

async function* frames(events: AsyncIterable<StoredEvent>): AsyncGenerator<StreamEvent, void, void> {
  for await (const event of events) yield frameOf(event);
}

/** One event as it is sent, by server-sent events and by WebSocket. */
function frameOf({ sequence, at, kind, data }: StoredEvent): StreamEvent {
  return { id: String(sequence), event: kind, data: { sequence, at: at.toISOString(), kind, data }, at };
}
