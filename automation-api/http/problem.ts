import type { ServerResponse } from "node:http";
import { type ErrorCode, type Fault, messageOf, RoostError } from "../errors.ts";

const titles: Record<ErrorCode, string> = {
  invalid: "The request is not valid",
  unauthenticated: "A login is needed",
  forbidden: "A permission is missing",
  not_found: "Not found",
  method_not_allowed: "The method is not allowed here",
  not_acceptable: "No acceptable form of the reply",
  conflict: "The state of the object does not allow this",
  precondition_failed: "The object was changed meanwhile",
  too_large: "The request is too large",
  unsupported_media_type: "The form of the body is not supported",
  unprocessable: "The request cannot be carried out",
  rate_limited: "Too many requests",
  internal: "An error inside Roost",
  unavailable: "Not available at the moment",
};

/** RFC 9457, with our error code, the request's id and the faults of the input. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  requestId: string;
  faults: Fault[];
}

export function problemOf(error: RoostError, requestId: string): Problem {
  const { code, status, message, faults } = error;
  return {
    type: `urn:roost:problem:${code}`,
    title: titles[code],
    status,
    detail: message,
    code,
    requestId,
    faults,
  };
}

/** Node and PostgreSQL codes that mean: the database is away or busy, try again. */
const awayCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "57P01",
  "57P02",
  "57P03",
  "53300",
  "08000",
  "08003",
  "08006",
  "40001",
  "40P01",
]);
const awayMessage = /timeout exceeded when trying to connect|Connection terminated|not queryable/;

/** What the body reader and the router throw: their name for it, and ours. */
const libraryErrors: Record<string, (error: { limit?: number }) => RoostError> = {
  "entity.too.large": ({ limit }) => tooLarge(limit),
  "encoding.unsupported": () =>
    new RoostError("unsupported_media_type", "content-encoding: expected gzip, deflate, br or none", {
      faults: [
        { field: "header.content-encoding", message: "is not supported", allowed: "gzip, deflate, br" },
      ],
    }),
  "request.size.invalid": () =>
    new RoostError("invalid", "The body is shorter or longer than its content-length says."),
  "request.aborted": () => new RoostError("invalid", "The client left before its body had arrived."),
};

export function tooLarge(limit: number | undefined): RoostError {
  const message = `is larger than ${limit ?? "the limit of this route"} bytes`;
  return new RoostError("too_large", `The body ${message}.`, {
    faults: [{ field: "body", message, allowed: limit === undefined ? undefined : `${limit} bytes` }],
  });
}

/** The one place where anything thrown becomes an error of the API. What is not understood is `internal`. */
export function toRoostError(error: unknown): RoostError {
  if (error instanceof RoostError) return error;
  const { type, code, status, syscall } = error as {
    type?: string;
    code?: string;
    status?: number;
    syscall?: string;
  };
  const known = type === undefined ? undefined : libraryErrors[type];
  if (known) return known(error as { limit?: number });
  if (typeof code === "string" && /^Z_|^ERR_(BROTLI|ZSTD|PADDING)/.test(code)) {
    return new RoostError("invalid", "The body is not what its content-encoding says.", {
      faults: [{ field: "body", message: "cannot be decompressed" }],
    });
  }
  if (status === 400 && /decode param/i.test(messageOf(error))) {
    return new RoostError("invalid", "The path has a bad percent-encoding.", {
      faults: [{ field: "path", message: "has a bad percent-encoding" }],
    });
  }
  // A Unix socket that is not there yet is ENOENT.
  if (awayCodes.has(code ?? "") || syscall === "connect" || awayMessage.test(messageOf(error))) {
    return new RoostError("unavailable", "The database does not answer at the moment; try again.", {
      retryAfterSeconds: 1,
      cause: error,
    });
  }
  return new RoostError(
    "internal",
    "Something went wrong inside Roost; the log has it under this request id.",
    {
      cause: error,
    },
  );
}

/** Answers with a problem, or in the form that the pulumi command understands: `{code, message}`. */
export function sendProblem(
  response: ServerResponse,
  error: RoostError,
  requestId: string,
  protocol: "pulumi" | undefined,
): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const body = protocol ? { code: error.status, message: error.message } : problemOf(error, requestId);
  const text = JSON.stringify(body);
  response.statusCode = error.status;
  response.setHeader("content-type", protocol ? "application/json" : "application/problem+json");
  response.setHeader("content-length", Buffer.byteLength(text));
  response.setHeader("cache-control", "no-store");
  if (error.code === "unauthenticated") response.setHeader("www-authenticate", 'Bearer realm="roost"');
  if (error.retryAfterSeconds !== undefined) {
    response.setHeader("retry-after", Math.max(1, Math.ceil(error.retryAfterSeconds)));
  }
  if (response.getHeader("connection") === "close" && !response.req.complete) endSlowly(response, text);
  else response.end(text);
}

/** How long a client that still sends is read from after its request was refused. */
const lingerMs = 500;

/**
 * Closing a connection on which unread bytes wait resets it, and the client may lose the reply with it: so the
 * reply goes out whole, and the connection ends once the client has read it and stopped, or after a moment.
 */
function endSlowly(response: ServerResponse, text: string): void {
  response.write(text);
  const timer = setTimeout(end, lingerMs);
  response.req.once("end", end).once("close", end).resume();
  function end() {
    clearTimeout(timer);
    response.end();
  }
}
