import { parseEventStream, type StreamedEvent } from "./client.ts";

/** Where a stream is read, and from after which event. */
export interface FollowRequest {
  url: string;
  token: string;
  /** Path of the stream, such as `/api/v1/deployments/dep_…/events`. */
  path: string;
  lastEventId?: number;
}

/** The events of a live stream as they come, until it ends; whoever breaks off closes the connection. */
export async function* follow({
  url,
  token,
  path,
  lastEventId,
}: FollowRequest): AsyncGenerator<StreamedEvent> {
  const connection = new AbortController();
  try {
    const response = await fetch(url + path, {
      headers: {
        authorization: `Bearer ${token}`,
        ...(lastEventId !== undefined && { "last-event-id": String(lastEventId) }),
      },
      signal: connection.signal,
    });
    if (!response.ok || !response.body)
      throw new Error(`${path}: ${response.status} ${await response.text()}`);
    let rest = "";
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      rest += chunk;
      const end = rest.lastIndexOf("\n\n");
      if (end < 0) continue;
      yield* parseEventStream(rest.slice(0, end + 2));
      rest = rest.slice(end + 2);
    }
  } finally {
    connection.abort();
  }
}

/** The next events of a stream, `count` at most; a stream that ends gives fewer. */
export async function take(events: AsyncIterable<StreamedEvent>, count: number): Promise<StreamedEvent[]> {
  const taken: StreamedEvent[] = [];
  if (count === 0) return taken;
  for await (const event of events) {
    taken.push(event);
    if (taken.length === count) break;
  }
  return taken;
}
