import { randomBytes } from "node:crypto";

type Attributes = Record<string, string | number | boolean | undefined>;

export interface Span {
  /** W3C form, to hand on as the parent of what this causes. */
  traceParent: string;
  set(attributes: Attributes): void;
  /** `error`: what went wrong, without secrets; absent for success. */
  end(error?: string): void;
}

export interface Tracer {
  /** `parent`: a W3C traceparent, or nothing to begin a trace. */
  startSpan(name: string, parent?: string | null, attributes?: Attributes): Span;
  /** Sends what is left, for at most 2 s. */
  close(): Promise<void>;
  /** Spans that were thrown away because the endpoint was slow or away. */
  readonly dropped: number;
}

interface TracerOptions {
  /** `http://127.0.0.1:4318`; without it nothing is recorded, and traces pass through. */
  endpoint?: string;
  service: string;
  version: string;
  flushMs?: number;
  queueSize?: number;
}

const traceParentForm = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;
const nothing = /^0+$/;

/** The trace and span ids of a W3C traceparent; undefined when it is none. */
export function parseTraceParent(text: string | null | undefined) {
  const [, traceId, spanId] = traceParentForm.exec(text ?? "") ?? [];
  if (!traceId || !spanId || nothing.test(traceId) || nothing.test(spanId)) return undefined;
  return { traceId, spanId };
}

/** Records spans and sends them by OTLP/HTTP JSON. Never blocks and never fails its caller: it drops instead. */
export function createTracer(options: TracerOptions): Tracer {
  if (!options.endpoint) return passThrough;
  return new OtlpTracer({ flushMs: 2_000, queueSize: 4_096, ...options, endpoint: options.endpoint });
}

const passThrough: Tracer = {
  dropped: 0,
  startSpan(_name, parent) {
    const traceParent = parseTraceParent(parent)
      ? (parent as string)
      : newTraceParent(randomHex(16), randomHex(8));
    return { traceParent, set() {}, end() {} };
  },
  async close() {},
};

const batchSize = 512;

class OtlpTracer implements Tracer {
  readonly #options: Required<TracerOptions>;
  #queue: object[] = [];
  #sending: Promise<void> | undefined;
  readonly #timer: NodeJS.Timeout;
  dropped = 0;

  constructor(options: Required<TracerOptions>) {
    this.#options = options;
    this.#timer = setInterval(() => this.#send(), options.flushMs).unref();
  }

  startSpan(name: string, parent?: string | null, attributes: Attributes = {}): Span {
    const from = parseTraceParent(parent);
    const traceId = from?.traceId ?? randomHex(16);
    const spanId = randomHex(8);
    const start = nowNanoseconds();
    const all = { ...attributes };
    let ended = false;
    return {
      traceParent: newTraceParent(traceId, spanId),
      set: (more) => void Object.assign(all, more),
      end: (error) => {
        if (ended) return;
        ended = true;
        this.#enqueue({
          traceId,
          spanId,
          parentSpanId: from?.spanId,
          name,
          kind: name.startsWith("HTTP ") ? 2 : 1,
          startTimeUnixNano: String(start),
          endTimeUnixNano: String(nowNanoseconds()),
          attributes: attributeList(all),
          status: error === undefined ? { code: 0 } : { code: 2, message: error },
        });
      },
    };
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    const deadline = performance.now() + 2_000;
    await this.#sending;
    while (this.#queue.length > 0 && performance.now() < deadline) {
      this.#send();
      await this.#sending;
    }
  }

  #enqueue(span: object): void {
    if (this.#queue.length >= this.#options.queueSize) this.dropped++;
    else this.#queue.push(span);
    if (this.#queue.length >= batchSize) this.#send();
  }

  #send(): void {
    if (this.#sending || this.#queue.length === 0) return;
    const spans = this.#queue.splice(0, batchSize);
    this.#sending = this.#post(spans)
      .catch(() => {
        this.dropped += spans.length;
      })
      .finally(() => {
        this.#sending = undefined;
        if (this.#queue.length >= batchSize) this.#send();
      });
  }

  async #post(spans: object[]): Promise<void> {
    const { endpoint, service, version } = this.#options;
    const resource = { attributes: attributeList({ "service.name": service, "service.version": version }) };
    const reply = await fetch(`${endpoint.replace(/\/$/, "")}/v1/traces`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        resourceSpans: [{ resource, scopeSpans: [{ scope: { name: "roost" }, spans }] }],
      }),
      signal: AbortSignal.timeout(2_000),
    });
    await reply.arrayBuffer();
    if (!reply.ok) throw new Error(`The trace endpoint answered ${reply.status}.`);
  }
}

function attributeList(attributes: Attributes) {
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ({ key, value: attributeValue(value as string | number | boolean) }));
}

function attributeValue(value: string | number | boolean) {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

function newTraceParent(traceId: string, spanId: string): string {
  return `00-${traceId}-${spanId}-01`;
}

function randomHex(bytes: number): string {
  return randomBytes(bytes).toString("hex");
}

function nowNanoseconds(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6));
}
