import { z } from "zod";
import { type Fault, RoostError } from "../errors.ts";

/** Where a value came from; fields of a body have no prefix. */
export type Place = "path" | "query" | "header" | "body";

type Path = readonly PropertyKey[];

/**
 * Checks `value` against `schema`.
 * @throws invalid, with one fault per field: what is wrong, what was given
 * (never what looks secret) and what is allowed.
 */
export function validate<S extends z.ZodType>(schema: S, value: unknown, place: Place): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.slice(0, 20).flatMap((issue) => faultsOf(issue, schema, value, place));
  const summary = faults.map((fault) => `${fault.field}: ${fault.message}`).join("; ");
  throw new RoostError("invalid", summary, { faults });
}

/** Unknown fields are refused, also where a schema was written without saying so. */
export function strictly(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodObject && schema.def.catchall === undefined ? schema.strict() : schema;
}

function faultsOf(issue: z.core.$ZodIssue, schema: z.ZodType, value: unknown, place: Place): Fault[] {
  if (issue.code === "unrecognized_keys") {
    const known = shapeAt(schema, issue.path);
    return issue.keys.slice(0, 20).map((key) => ({
      field: fieldName(place, [...issue.path, key.slice(0, 60)]),
      message: "is not a field here",
      allowed: known?.join(", "),
    }));
  }
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const nearest = issue.errors.reduce((best, branch) =>
      distance(branch) < distance(best) ? branch : best,
    );
    return nearest.flatMap((inner) =>
      faultsOf({ ...inner, path: [...issue.path, ...inner.path] } as z.core.$ZodIssue, schema, value, place),
    );
  }
  if (issue.code === "invalid_key" || issue.code === "invalid_element") {
    const message = issue.issues.map((inner) => inner.message).join("; ");
    return [{ field: fieldName(place, issue.path), message }];
  }
  return [
    {
      field: fieldName(place, issue.path),
      message: messageOf(issue, at(value, issue.path)),
      given: describeGiven(at(value, issue.path), issue.path),
      allowed: allowedBy(issue),
    },
  ];
}

/** The branch of a union that was meant is the one that complains least, and deepest. */
function distance(issues: z.core.$ZodIssue[]): number {
  return issues.reduce((sum, issue) => sum + 10 - Math.min(9, issue.path.length), 0);
}

function allowedBy(issue: z.core.$ZodIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return issue.expected;
    case "invalid_value":
      return issue.values.map(String).join(", ");
    case "too_small":
      return `at least ${issue.minimum}`;
    case "too_big":
      return `at most ${issue.maximum}`;
    case "not_multiple_of":
      return `a multiple of ${issue.divisor}`;
    case "invalid_format":
      return issue.format === "regex" ? issue.pattern : issue.format;
    default:
      return undefined;
  }
}

/** `config.message`, `targets[0]`, `query.limit`; the body itself is `body`. */
export function fieldName(place: Place, path: Path): string {
  const start = place === "body" ? "" : place;
  const name = path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    return text === "" ? String(step) : `${text}.${String(step)}`;
  }, start);
  return name === "" ? "body" : name;
}

const secretName = /secret|passw|token|key|credential|authorization|ticket/i;
/** What could be a key or a token: long, without spaces, of the letters that such things are made of. */
const secretForm = /^[A-Za-z0-9+/_=.-]{20,}$/;

/** What was given, short, and never something that may be a secret. */
export function describeGiven(value: unknown, path: Path = []): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object") return "an object";
  if (typeof value !== "string")
    return `${typeof value} ${path.some(isSecretName) ? "(hidden)" : String(value)}`;
  if (path.some(isSecretName) || secretForm.test(value)) return "a string (hidden)";
  return value.length > 60 ? `a string of ${value.length} characters` : JSON.stringify(value);
}

function isSecretName(step: PropertyKey): boolean {
  return secretName.test(String(step));
}

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, step) =>
      typeof inner === "object" && inner !== null ? (inner as Record<PropertyKey, unknown>)[step] : undefined,
    value,
  );
}

/** Names of the fields that the schema has at `path`, when that is an object. */
function shapeAt(schema: z.ZodType, path: Path): string[] | undefined {
  let current: z.ZodType | undefined = unwrap(schema);
  for (const step of path) {
    if (current instanceof z.ZodObject) current = current.shape[String(step)] as z.ZodType | undefined;
    else if (current instanceof z.ZodArray) current = current.element as z.ZodType;
    else if (current instanceof z.ZodRecord) current = current.valueType as z.ZodType;
    else return undefined;
    current = current && unwrap(current);
  }
  return current instanceof z.ZodObject ? Object.keys(current.shape) : undefined;
}

function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) {
    return unwrap(schema.unwrap() as z.ZodType);
  }
  return schema instanceof z.ZodPipe ? unwrap(schema.in as z.ZodType) : schema;
}

function messageOf(issue: z.core.$ZodIssue, given: unknown): string {
  if (given === undefined && (issue.code === "invalid_type" || issue.code === "invalid_value"))
    return "is missing";
  const text = issue.message.replace(/^Invalid (input|option|string): /, "");
  return text.charAt(0).toLowerCase() + text.slice(1);
}
