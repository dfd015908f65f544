import { type DestinationStream, type Logger, pino } from "pino";

export type { Logger };

/** Our tokens, and the value of anything that looks like an Authorization header. */
const secrets =
  /roost_[a-z0-9]{4,40}_[A-Za-z0-9_-]{43}_[0-9a-f]{8}|\b(?:bearer|token|update-token) +[\x21-\x7e]{8,}/gi;

/** Takes tokens out of free text, such as an error's message. */
export function scrub(text: string): string {
  return text.replace(secrets, "[redacted]");
}

/**
 * The server's log: JSON lines on standard error. Headers, bodies and query
 * strings are never given to it; the redaction is the second wall.
 */
export function createLogger(level: string, destination: DestinationStream = pino.destination(2)): Logger {
  return pino(
    {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: serializeError },
      redact: {
        paths: [
          "headers",
          "body",
          "*.headers",
          "*.body",
          "authorization",
          "*.authorization",
          "*.token",
          "*.password",
        ],
        censor: "[redacted]",
      },
    },
    destination,
  );
}

function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return scrub(String(error));
  const { name, message, stack = "", code, cause } = error as Error & { code?: unknown };
  return {
    type: name,
    code: typeof code === "string" ? code : undefined,
    message: scrub(message),
    stack: scrub(stack),
    cause: cause === undefined ? undefined : serializeError(cause),
  };
}
