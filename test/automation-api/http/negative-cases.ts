import { z } from "zod";
import type { Route } from "../../../automation-api/http/route.ts";

/** Requests that must be refused, made from a route's own declaration. */
export interface NegativeCase {
  name: string;
  /** With parameters filled in. */
  path: string;
  body?: unknown;
  /** Statuses that are right. */
  expected: number[];
  /** Field that a fault must name. */
  field?: string;
}

/** Values of the form that ids and names have; none of them exists. */
const plausible = [
  ...[
    "tok",
    "acc",
    "dep",
    "prj",
    "stk",
    "prg",
    "crd",
    "upd",
    "wrk",
    "hst",
    "hgr",
    "scn",
    "rst",
    "act",
    "tpl",
    "ses",
    "mig",
  ].map((prefix) => `${prefix}_${"0".repeat(26)}`),
  "nobody",
  "1",
  "true",
  "2020-01-01T00:00:00Z",
  "a.example",
  "00000000-0000-4000-8000-000000000000",
  "dXA=",
  "0".repeat(32),
  "0".repeat(64),
];

/**
 * An address that fits the route. Parameters take the value in `over`, or the
 * first of `candidates` that fits; without candidates they name nothing that exists.
 */
export function fillPath(route: Route, over: Record<string, string> = {}, candidates = plausible): string {
  return route.path.replace(
    /:(\w+)/g,
    (_, name: string) => over[name] ?? encodeURIComponent(fitting(route, name, candidates)),
  );
}

function fitting(route: Route, name: string, candidates: string[]): string {
  const schema = route.params?.shape[name] as z.ZodType | undefined;
  if (!schema) return "nobody";
  const value = [...candidates, ...plausible].find((candidate) => schema.safeParse(candidate).success);
  if (value === undefined)
    throw new Error(`${route.path}: no value in this test fits the parameter ${name}.`);
  return value;
}

const pathTricks = [
  "..%2f..%2f..%2fetc%2fpasswd",
  "%2e%2e",
  "a%00b",
  "%E0%A4%A",
  "-rf",
  "%24(id)",
  "'%3BDROP%20TABLE%20audit",
  "a%0d%0aSet-Cookie:x",
  "%F0%9F%A6%86",
  "x".repeat(3000),
  "__proto__",
  "constructor",
];

/** Each parameter of the path with each trick. Where a trick is a possible name, it names nothing. */
export function pathCases(route: Route): NegativeCase[] {
  return Object.keys(route.params?.shape ?? {}).flatMap((name) =>
    pathTricks
      .map((trick) => ({
        name: `path ${name} = ${trick.slice(0, 30)}`,
        path: fillPath(route, { [name]: trick }),
        body: route.body ? sample(route.body) : undefined,
        expected: [400, 401, 403, 404, 405, 413],
      }))
      // What a client makes the address of the home page never comes to the route.
      .filter(({ path }) => new URL(path, "http://x").pathname !== "/"),
  );
}

const wrongTexts = [
  "",
  "x".repeat(5000),
  "NaN",
  "-1",
  "1.5",
  "a b\u0001",
  "99999999999999999999",
  "[]",
  "null",
];

export function queryCases(route: Route): NegativeCase[] {
  if (route.protocol === "pulumi") return [];
  const path = fillPath(route);
  const fields = Object.entries(route.query?.shape ?? {}) as [string, z.ZodType][];
  const wrong = fields.flatMap(([name, schema]) =>
    wrongTexts
      .filter((text) => !schema.safeParse(text).success)
      .map((text) => ({
        name: `query ${name} = ${JSON.stringify(text.slice(0, 20))}`,
        path: `${path}?${name}=${encodeURIComponent(text)}`,
        body: route.body ? sample(route.body) : undefined,
        expected: [400],
        field: `query.${name}`,
      })),
  );
  const unknown = {
    name: "unknown query",
    path: `${path}?zz_unknown=1`,
    expected: [400],
    field: "query.zz_unknown",
  };
  // An issuer's reply may have more than anybody knows of.
  const { catchall } = route.query?.def ?? {};
  if (catchall !== undefined && !(catchall instanceof z.ZodNever)) return wrong;
  return [...wrong, { ...unknown, body: route.body ? sample(route.body) : undefined }];
}

const wrongValues: unknown[] = [
  { zz: true },
  12345.678,
  -1,
  "\u0001",
  "",
  "x".repeat(200_000),
  [[]],
  true,
  null,
  ["\u0001"],
];

/** Each field, at every level that is reached without a union, with each value that does not fit it. */
export function bodyCases(route: Route): NegativeCase[] {
  if (!route.body || route.bodyKind === "binary") return [];
  const path = fillPath(route);
  const wire = route.protocol === "pulumi";
  const cases = fieldsOf(route.body).flatMap(({ steps, schema }) =>
    wrongValues
      .filter((value) => !schema.safeParse(value).success)
      .map((value) => ({
        name: `body ${steps.join(".")} = ${JSON.stringify(value).slice(0, 24)}`,
        path,
        body: nest(steps, value),
        expected: [400],
        field: wire ? undefined : steps.join("."),
      })),
  );
  const whole = [null, 7, "text", [], true]
    .filter((value) => !route.body?.safeParse(value).success)
    .map((value) => ({
      name: `body = ${JSON.stringify(value)}`,
      path,
      body: JSON.stringify(value),
      expected: [400],
    }));
  const base = sample(route.body);
  const unknown = {
    name: "unknown field",
    path,
    body: { ...(typeof base === "object" ? base : {}), zz_unknown: 1 },
    expected: [400],
    field: "zz_unknown",
  };
  return [...cases, ...whole, ...(wire ? [] : [unknown])];
}

interface Field {
  steps: string[];
  schema: z.ZodType;
}

function fieldsOf(schema: z.ZodType, steps: string[] = []): Field[] {
  const inner = unwrap(schema);
  if (!(inner instanceof z.ZodObject) || steps.length > 3) return [];
  return Object.entries(inner.shape as Record<string, z.ZodType>).flatMap(([name, field]) => [
    { steps: [...steps, name], schema: field },
    ...fieldsOf(field, [...steps, name]),
  ]);
}

function nest(steps: string[], value: unknown): unknown {
  return steps.reduceRight((inner, step) => ({ [step]: inner }), value);
}

/** A small value that fits, with the fields that must be there; undefined when this cannot find one. */
export function sample(schema: z.ZodType): unknown {
  const value = build(schema);
  return schema.safeParse(value).success ? value : undefined;
}

function build(schema: z.ZodType): unknown {
  const simple = [...plausible, 1, 0, true, null, [], {}].find((value) => schema.safeParse(value).success);
  if (simple !== undefined) return simple;
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) {
    const required = Object.entries(inner.shape as Record<string, z.ZodType>).filter(
      ([, field]) => !field.safeParse(undefined).success,
    );
    return Object.fromEntries(required.map(([name, field]) => [name, build(field)]));
  }
  if (inner instanceof z.ZodUnion) {
    return (inner.options as z.ZodType[]).map(build).find((value) => inner.safeParse(value).success);
  }
  if (inner instanceof z.ZodEnum) return inner.options[0];
  if (inner instanceof z.ZodLiteral) return inner.def.values[0];
  if (inner instanceof z.ZodArray) return [build(inner.element as z.ZodType)];
  return undefined;
}

function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) {
    return unwrap(schema.unwrap() as z.ZodType);
  }
  return schema instanceof z.ZodPipe ? unwrap(schema.in as z.ZodType) : schema;
}

/** Objects in a body that would swallow unknown fields in silence. */
export function looseObjects(schema: z.ZodType, place = "body"): string[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) {
    const loose = inner.def.catchall instanceof z.ZodNever || place === "body" ? [] : [place];
    const fields = Object.entries(inner.shape as Record<string, z.ZodType>);
    return [...loose, ...fields.flatMap(([name, field]) => looseObjects(field, `${place}.${name}`))];
  }
  if (inner instanceof z.ZodArray) return looseObjects(inner.element as z.ZodType, `${place}[]`);
  if (inner instanceof z.ZodRecord) return looseObjects(inner.valueType as z.ZodType, `${place}{}`);
  if (inner instanceof z.ZodUnion) {
    return (inner.options as z.ZodType[]).flatMap((option, index) =>
      looseObjects(option, `${place}|${index}`),
    );
  }
  return [];
}
