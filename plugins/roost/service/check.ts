import { isAbsolute } from "node:path";
import type { CheckFailure, Properties, Value } from "../../provider/index.ts";
import { hasUnknown, isRecord } from "../../provider/index.ts";

type Test = (value: Value) => string | undefined;

const text: Test = (value) => (typeof value === "string" && value !== "" ? undefined : "must be a text");
const texts: Test = (value) =>
  isRecord(value) && Object.values(value).every((item) => typeof item === "string")
    ? undefined
    : "must map names to texts";
const words: Test = (value) =>
  Array.isArray(value) && value.length > 0 && value.every((word) => typeof word === "string")
    ? undefined
    : "must be a program with its arguments, as a list of texts";
const absolute: Test = (value) =>
  typeof value === "string" && isAbsolute(value) ? undefined : "must be an absolute path";
const between =
  (low: number, high: number, whole = false): Test =>
  (value) =>
    typeof value === "number" && value >= low && value <= high && !(whole && !Number.isInteger(value))
      ? undefined
      : `must be a ${whole ? "whole " : ""}number from ${low} to ${high}`;
const oneOf =
  (...values: string[]): Test =>
  (value) =>
    values.includes(value as string) ? undefined : `must be one of ${values.join(", ")}`;

const program: Shape = {
  name: (value) =>
    typeof value === "string" && /^[\w][\w.-]*\.(js|mjs|cjs|ts|mts|cts)$/.test(value)
      ? undefined
      : "must be the file name of a Node program",
  text,
  arguments: (value) => (Array.isArray(value) && value.length === 0 ? undefined : words(value)),
};

const shape: Shape = {
  command: words,
  environment: texts,
  secretEnvironment: texts,
  workingDirectory: absolute,
  port: between(1, 65_535, true),
  healthCheck: {
    path: (value) =>
      typeof value === "string" && value.startsWith("/") ? undefined : "must be a path that starts with /",
    intervalSeconds: between(0.05, 3_600),
    timeoutSeconds: between(0.05, 300),
    healthyAfter: between(1, 100, true),
    unhealthyAfter: between(1, 100, true),
  },
  restart: {
    policy: oneOf("always", "on-failure", "never"),
    backoffSeconds: between(0, 30),
    maxPerMinute: between(0, 1_000, true),
  },
  log: { maxBytes: between(1_024, 10_000_000_000, true), keep: between(0, 100, true) },
  stopGraceSeconds: between(0, 600),
};

interface Shape {
  [name: string]: Test | Shape;
}

/** All faults of a service's inputs. What is not known yet is not judged. */
export function checkInputs(inputs: Properties): CheckFailure[] {
  const missing = inputs.command === undefined || inputs.command === null;
  const asProgram = isRecord(inputs.command);
  return [
    ...(missing ? [{ property: "command", reason: "is required" }] : []),
    ...checkShape("", inputs, asProgram ? { ...shape, command: program } : shape),
    ...(asProgram ? requireProgram(inputs.command as Properties) : []),
  ];
}

function requireProgram(command: Properties): CheckFailure[] {
  return ["name", "text"]
    .filter((name) => command[name] === undefined || command[name] === null)
    .map((name) => ({ property: `command.${name}`, reason: "is required" }));
}

function checkShape(prefix: string, inputs: Properties, expected: Shape): CheckFailure[] {
  return Object.entries(inputs).flatMap(([name, value]) => {
    const property = prefix + name;
    const rule = expected[name];
    if (name.startsWith("__") || value === undefined || value === null) return [];
    if (rule === undefined) return [{ property, reason: "is not an input of a service" }];
    if (typeof rule === "function") {
      const reason = hasUnknown(value) ? undefined : rule(value);
      return reason === undefined ? [] : [{ property, reason }];
    }
    if (hasUnknown(value) && !isRecord(value)) return [];
    return isRecord(value)
      ? checkShape(`${property}.`, value, rule)
      : [{ property, reason: "must be an object" }];
  });
}
