import { baseEnvironment } from "../process/environment.ts";

/** Beyond the base list: what the SDK, Node and tracing read, and nothing that opens a door. */
const exact = new Set([
  "NODE_OPTIONS",
  "NODE_PATH",
  "NODE_ENV",
  "TRACEPARENT",
  "TRACESTATE",
  "OTEL_EXPORTER_OTLP_ENDPOINT",
  "PULUMI_EXPERIMENTAL",
  "PULUMI_ERROR_OUTPUT_STRING",
  "PULUMI_DEBUG_PROMISE_LEAKS",
]);
const prefixes = ["PULUMI_NODEJS_"];

/** Never handed to a program, whatever its project asks for. */
const refused = [
  /^ROOST_/,
  /^DATABASE_URL$/,
  /^PG[A-Z]+$/,
  /^PULUMI_ACCESS_TOKEN$/,
  /^PULUMI_CONFIG_PASSPHRASE/,
  /^PULUMI_BACKEND_URL$/,
  /^PULUMI_HOME$/,
];

/**
 * The environment of a program: an allow-list of this process's, then `additions`.
 * @param asked names a project adds with the runtime option `environment`, separated by blanks or commas; a
 *   trailing `*` stands for a family, as in `AWS_*`
 */
export function programEnvironment(
  additions: Record<string, string>,
  asked = "",
  source: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const patterns = asked.split(/[\s,]+/).filter(Boolean);
  const isAsked = (name: string): boolean =>
    patterns.some((each) => (each.endsWith("*") ? name.startsWith(each.slice(0, -1)) : name === each));
  const isKnown = (name: string): boolean =>
    exact.has(name) || prefixes.some((prefix) => name.startsWith(prefix));
  const passed = Object.entries(source).filter(
    ([name]) => (isKnown(name) || isAsked(name)) && !refused.some((pattern) => pattern.test(name)),
  );
  return { ...baseEnvironment(Object.fromEntries(passed), source), ...additions };
}
