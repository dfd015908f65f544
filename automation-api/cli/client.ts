import { z } from "zod";
import { type ErrorCode, errorStatus, messageOf, RoostError } from "../errors.ts";
import type { Connection } from "./connection.ts";

const answerMs = 60_000;

const problem = z.object({
  code: z.enum(Object.keys(errorStatus) as [ErrorCode, ...ErrorCode[]]),
  detail: z.string(),
  faults: z.array(
    z.object({
      field: z.string(),
      message: z.string(),
      given: z.string().optional(),
      allowed: z.string().optional(),
    }),
  ),
});

export interface ApiRequest<T> {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below the server's address, such as `/api/v1/stacks`. */
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is. */
  bytes?: Buffer;
  /** Lets the request be sent again when its answer was lost: it takes effect once. */
  idempotencyKey?: string;
  /** Version that is changed: refused where another has come since. */
  ifMatch?: string;
  /** What the answer must look like. Without it the text is returned. */
  reply?: z.ZodType<T>;
}

/** Speaks to the public API. Every failure becomes a RoostError that a person can act on. */
export class Client {
  readonly connection: Connection;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  async send<T = string>(request: ApiRequest<T>): Promise<T> {
    const response = await this.#fetchAgain(request);
    if (!response.ok) throw await problemOf(response, this.connection);
    const text = await response.text();
    if (!request.reply) return text as T;
    const parsed = request.reply.safeParse(parse(text));
    if (!parsed.success) throw this.#notRoost(parsed.error);
    return parsed.data;
  }

  /** Everything of a list, page by page, up to `most` items. */
  async list<T>(
    request: Omit<ApiRequest<never>, "reply">,
    page: z.ZodType<{ items: T[]; nextCursor: string | null }>,
    most: number,
  ): Promise<{ items: T[]; more: boolean }> {
    const items: T[] = [];
    let cursor: string | undefined;
    do {
      const limit = Math.min(200, most - items.length);
      const found = await this.send({ ...request, query: { ...request.query, limit, cursor }, reply: page });
      items.push(...found.items);
      cursor = found.nextCursor ?? undefined;
    } while (cursor && items.length < most);
    return { items, more: cursor !== undefined };
  }

  /** An answer whose body is a stream. @throws what the server refused. */
  async open(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
    const response = await this.#fetch({ path }, headers, signal);
    if (!response.ok) throw await problemOf(response, this.connection);
    return response;
  }

  /** Only what is safe to repeat is sent again after a lost connection. */
  async #fetchAgain(request: ApiRequest<unknown>): Promise<Response> {
    const headers: Record<string, string> = {};
    if (request.ifMatch) headers["if-match"] = request.ifMatch;
    if (request.idempotencyKey) headers["idempotency-key"] = request.idempotencyKey;
    const repeatable = request.idempotencyKey !== undefined || (request.method ?? "GET") === "GET";
    try {
      return await this.#fetch(request, headers, AbortSignal.timeout(answerMs));
    } catch (error) {
      if (!repeatable || !isReset(error)) throw error;
      return await this.#fetch(request, headers, AbortSignal.timeout(answerMs));
    }
  }

  async #fetch(
    { method = "GET", path, query, body, bytes }: ApiRequest<unknown>,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Response> {
    const { origin, token } = this.connection;
    const url = new URL(path, origin);
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const type = body === undefined ? "application/octet-stream" : "application/json";
    try {
      return await fetch(url, {
        method,
        // A redirect would take the token elsewhere.
        redirect: "error",
        signal,
        body: body === undefined ? bytes && new Uint8Array(bytes) : JSON.stringify(body),
        headers: {
          ...headers,
          ...(token && { authorization: `Bearer ${token}` }),
          ...((body !== undefined || bytes) && { "content-type": type }),
        },
      });
    } catch (cause) {
      throw unreachable(this.connection, cause);
    }
  }

  #notRoost(cause: unknown): RoostError {
    const { origin } = this.connection;
    return new RoostError(
      "unavailable",
      `${origin} answers, but not as this release of Roost does: is it the right address, and of the same release?`,
      { cause },
    );
  }
}

/** What was tried, why it failed, and what to do next. */
export function unreachable({ origin, addressFrom }: Connection, cause: unknown): RoostError {
  const message = [
    `There is no answer from ${origin} (${reasonOf(cause)}).`,
    `The address comes from ${addressFrom}.`,
    "Start the server with `npm start` or `roost start`, name another one with --url or ROOST_URL, or look with `roost doctor`.",
  ].join("\n");
  return new RoostError("unavailable", message, { cause });
}

/** `fetch` hides the reason below its own error, and may list several, one for each address. */
function reasonOf(error: unknown): string {
  const { cause, name } = error as { cause?: unknown; name?: string };
  if (name === "TimeoutError") return `none within ${answerMs / 1000} s`;
  const inner = (cause ?? error) as { code?: string; errors?: { code?: string }[] };
  const code = inner.code ?? inner.errors?.[0]?.code;
  const known: Record<string, string> = {
    ECONNREFUSED: "nothing listens there",
    ENOTFOUND: "there is no such name",
    EAI_AGAIN: "the name could not be looked up",
    ETIMEDOUT: "the machine does not answer",
    EHOSTUNREACH: "the machine cannot be reached",
    ECONNRESET: "the connection was cut",
    DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed: set NODE_EXTRA_CA_CERTS to it",
    UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      "its certificate is not trusted: set NODE_EXTRA_CA_CERTS to its authority",
    CERT_HAS_EXPIRED: "its certificate has expired",
  };
  return (code && known[code]) ?? code ?? messageOf(cause ?? error);
}

function isReset(error: unknown): boolean {
  const code = ((error as RoostError).cause as { cause?: { code?: string } } | undefined)?.cause?.code;
  return code === "ECONNRESET" || code === "UND_ERR_SOCKET" || code === "EPIPE";
}

async function problemOf(response: Response, connection: Connection): Promise<RoostError> {
  const text = await response.text().catch(() => "");
  const parsed = problem.safeParse(parse(text));
  if (!parsed.success) {
    const code = response.status === 404 ? "not_found" : "unavailable";
    return new RoostError(
      code,
      `${connection.origin} answered ${response.status} ${response.statusText}, and not as Roost does.`,
    );
  }
  const { code, detail, faults } = parsed.data;
  // A lone fault is what `detail` says already.
  const lines = faults.flatMap(({ field, message, given, allowed }) => {
    const words = [...(given ? [`given: ${given}`] : []), ...(allowed ? [`expected: ${allowed}`] : [])];
    if (faults.length === 1) return words.map((each) => `  ${each}`);
    return words.length > 0 ? [`  ${field}: ${message} (${words.join("; ")})`] : [];
  });
  const next = code === "unauthenticated" ? [loginHint(connection)] : [];
  return new RoostError(code, [detail, ...lines, ...next].join("\n"), {
    faults,
    retryAfterSeconds: Number(response.headers.get("retry-after")) || undefined,
  });
}

function loginHint({ origin, token, tokenFrom }: Connection): string {
  return token
    ? `The token comes from ${tokenFrom}. Log in again: \`roost login ${origin}\`.`
    : `You are not logged in at ${origin}: \`roost login ${origin}\`, or set ROOST_TOKEN.`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
