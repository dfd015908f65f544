import { askedEnvironment, baseEnvironment } from "../process/environment.ts";

/** Beyond the base list: what the SDK, Node and tracing read, and nothing that opens a door. */
const known = [
  "NODE_OPTIONS",
  "NODE_PATH",
  "NODE_ENV",
  "TRACEPARENT",
  "TRACESTATE",
  "OTEL_EXPORTER_OTLP_ENDPOINT",
  "PULUMI_EXPERIMENTAL",
  "PULUMI_ERROR_OUTPUT_STRING",
  "PULUMI_DEBUG_PROMISE_LEAKS",
  "PULUMI_NODEJS_*",
].join(" ");

/**
 * The environment of a program: an allow-list of this process's, then `additions`.
 * @param asked names that a project adds with the runtime option `environment`; see `askedEnvironment`
 */
export function programEnvironment(
  additions: Record<string, string>,
  asked = "",
  source: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  return { ...baseEnvironment(askedEnvironment(`${known} ${asked}`, source), source), ...additions };
}
