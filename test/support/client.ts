import { setTimeout as wait } from "node:timers/promises";
import type { Deployment } from "../../automation-api/deployments/contract.ts";

export interface StreamedEvent {
  id: number;
  kind: string;
  data: Record<string, unknown>;
}

/** The public API, as a test speaks it. `url` may change when servers come and go. */
export class Client {
  readonly #url: () => string;
  readonly #token: string;

  constructor(url: string | (() => string), token: string) {
    this.#url = typeof url === "string" ? () => url : url;
    this.#token = token;
  }

  async fetch(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return fetch(this.#url() + path, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  }

  /** The reply's body; throws with the problem when the status is no 2xx. */
  async call<T>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<T> {
    const response = await this.fetch(method, path, body, headers);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text ? JSON.parse(text) : undefined) as T;
  }

  deploy(input: Record<string, unknown>): Promise<Deployment> {
    return this.call<Deployment>("POST", "/api/v1/deployments", { operation: "update", ...input });
  }

  find(id: string): Promise<Deployment> {
    return this.call<Deployment>("GET", `/api/v1/deployments/${id}`);
  }

  /** Waits for the end, through servers that are away. @throws after `timeoutMs`. */
  async ended(id: string, timeoutMs = 60_000): Promise<Deployment> {
    return this.until(id, ({ state }) => !["queued", "running"].includes(state), timeoutMs);
  }

  async until(
    id: string,
    reached: (deployment: Deployment) => boolean,
    timeoutMs = 60_000,
  ): Promise<Deployment> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const deployment = await this.find(id).catch(() => undefined);
      if (deployment && reached(deployment)) return deployment;
      if (Date.now() > deadline) {
        throw new Error(
          `${id} is ${deployment?.state ?? "out of reach"} after ${timeoutMs} ms: ${JSON.stringify(deployment)}`,
        );
      }
      await wait(25);
    }
  }

  /** Reads the stream until it ends, from after `lastEventId`. */
  async events(id: string, lastEventId = 0, signal?: AbortSignal): Promise<StreamedEvent[]> {
    const response = await fetch(`${this.#url()}/api/v1/deployments/${id}/events`, {
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(lastEventId > 0 && { "last-event-id": String(lastEventId) }),
      },
      signal,
    });
    if (!response.ok) throw new Error(`events of ${id}: ${response.status} ${await response.text()}`);
    return parseEventStream(await response.text());
  }
}

/** The events of a finished text/event-stream. */
export function parseEventStream(text: string): StreamedEvent[] {
  return text
    .split("\n\n")
    .filter((block) => block.includes("data:"))
    .map((block) => {
      const fields = Object.fromEntries(
        block
          .split("\n")
          .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]),
      );
      return { id: Number(fields.id), kind: fields.event ?? "", data: JSON.parse(fields.data ?? "null") };
    });
}
