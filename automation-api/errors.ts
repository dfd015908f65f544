/** Every failure that a caller can cause or should understand, with the HTTP status it maps to. */
export const errorStatus = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  not_acceptable: 406,
  conflict: 409,
  precondition_failed: 412,
  too_large: 413,
  unsupported_media_type: 415,
  unprocessable: 422,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
} as const;

export type ErrorCode = keyof typeof errorStatus;

/** One fault of an input: where it is (`config.message`), what is wrong, what was given and what is allowed. */
export interface Fault {
  field: string;
  message: string;
  given?: string;
  allowed?: string;
}

export interface ErrorDetail {
  faults?: Fault[];
  /** Seconds after which a retry may succeed; becomes Retry-After. */
  retryAfterSeconds?: number;
  cause?: unknown;
}

/**
 * The one error class. `message` is for a person and never holds a secret;
 * `cause` goes to the log only.
 */
export class RoostError extends Error {
  readonly code: ErrorCode;
  readonly faults: Fault[];
  readonly retryAfterSeconds?: number;

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, { cause: detail.cause });
    this.name = "RoostError";
    this.code = code;
    this.faults = detail.faults ?? [];
    this.retryAfterSeconds = detail.retryAfterSeconds;
  }

  get status(): number {
    return errorStatus[this.code];
  }
}

/** A 400 about one field. */
export function invalid(field: string, message: string, detail: { given?: string; allowed?: string } = {}) {
  return new RoostError("invalid", `${field}: ${message}`, { faults: [{ field, message, ...detail }] });
}

/** Foreign and missing objects answer alike, so that an id tells nothing. */
export function notFound(what: string, id: string) {
  return new RoostError("not_found", `${what} ${id} does not exist.`);
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
