import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { explained } from "./remediation.ts";

/** Events that wait at most this long before they are sent on together: each batch is a transaction. */
const batchMilliseconds = 50;

/** An operation's events, gathered on their way to the worker. */
export class EventBatch {
  readonly #send: (events: EngineEvent[]) => Promise<void>;
  #events: EngineEvent[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (events: EngineEvent[]) => Promise<void>) {
    this.#send = send;
  }

  /** What nobody who watches a deployment wants: the SDK's own chatter, and every policy that is loaded or kept. */
  add(event: EngineEvent): void {
    // Its types leave this severity out, its events do not.
    if ((event.diagnosticEvent?.severity as string | undefined) === "debug") return;
    if (Object.keys(event).some((kind) => /^policy(Load|\w*Summary)Event$/.test(kind))) return;
    this.#events.push(explained(event));
    this.#timer ??= setTimeout(() => void this.flush(), batchMilliseconds);
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const events = this.#events.splice(0);
    if (events.length > 0) await this.#send(events);
  }
}
