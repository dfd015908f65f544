import type { Json } from "../../components/testing/index.ts";
import type { FieldMapping, Fields, Mapping } from "./mapping.ts";

type Properties = { [name: string]: Json };

/** What converting an object says beside the properties that it makes. */
export interface Listener {
  /** A text with references in it, or a secret, as CloudFormation says it. */
  resolve(text: string, path: string): Json;
  /** An input that the mapping does not have. */
  unmapped(path: string): void;
  /** An input that has no counterpart, and why none is needed. */
  omitted(path: string, reason: string): void;
  /** A resource that CloudFormation needs beside. */
  also(stated: NonNullable<FieldMapping["also"]>, value: Json): void;
}

/** The mapping of one object. */
export interface ObjectMapping {
  properties: Fields;
  omitted?: Record<string, string>;
  /** Inputs that say something to the exporter and nothing to the resource. */
  skipped?: string[];
}

/** Writes inputs of Pulumi as properties of CloudFormation into `target`. */
export function convert(
  inputs: Properties,
  { properties, omitted = {}, skipped = [] }: ObjectMapping,
  target: Properties,
  definitions: Mapping["definitions"],
  listener: Listener,
  path = "",
): void {
  for (const [name, value] of Object.entries(inputs)) {
    const at = path === "" ? name : `${path}.${name}`;
    const field = properties[name];
    if (value === null || skipped.includes(name)) continue;
    if (field !== undefined) convertField(value, field, target, definitions, listener, at);
    else if (omitted[name] !== undefined) listener.omitted(at, omitted[name]);
    else listener.unmapped(at);
  }
}

function convertField(
  value: Json,
  field: string | FieldMapping,
  target: Properties,
  definitions: Mapping["definitions"],
  listener: Listener,
  at: string,
): void {
  const mapping = typeof field === "string" ? { to: field } : field;
  for (const [path, constant] of Object.entries(mapping.beside ?? {})) put(target, path, constant as Json);
  if (mapping.also) {
    listener.also(mapping.also, resolved(value, listener, at));
    return;
  }
  const inner = typeof mapping.in === "string" ? definitions[mapping.in] : mapping.in;
  if (mapping.to === "" && inner) {
    const object = Array.isArray(value) ? value[0] : value;
    if (isObject(object)) {
      convert(object, { properties: inner, omitted: mapping.omitted }, target, definitions, listener, at);
    }
    return;
  }
  const inside = (each: Json): Json => {
    if (!inner || !isObject(each)) return resolved(each, listener, at);
    const made: Properties = {};
    convert(each, { properties: inner, omitted: mapping.omitted }, made, definitions, listener, at);
    return made;
  };
  if (mapping.as === "entries") tellRest(value as Properties[], mapping, listener, at);
  const changed = change(value, mapping, inside);
  if (changed === undefined) return;
  if (mapping.key === undefined) put(target, mapping.to, changed);
  else put(target, `${mapping.to}.+`, { Key: mapping.key, Value: asText(changed) });
}

/** Says of entries what is neither their name nor their value. */
function tellRest(
  entries: Properties[],
  { omitted = {} }: FieldMapping,
  listener: Listener,
  at: string,
): void {
  const rest = entries
    .flatMap((entry) => Object.keys(entry))
    .filter((key) => key !== "name" && key !== "value");
  for (const key of new Set(rest)) {
    if (omitted[key] === undefined) listener.unmapped(`${at}.${key}`);
    else listener.omitted(`${at}.${key}`, omitted[key]);
  }
}

/** The value in CloudFormation's shape; undefined for what is said by leaving it out. */
function change(value: Json, { as, values }: FieldMapping, inside: (value: Json) => Json): Json | undefined {
  if (values) return (values[String(value)] ?? values["*"] ?? inside(value)) as Json;
  const each = (list: Json[]) => list.map((element) => inside(element));
  switch (as) {
    case "text":
      return asText(inside(value));
    case "number":
      return asNumber(inside(value));
    case "json":
      return asDocument(value, inside);
    case "tags":
      return isObject(value)
        ? Object.entries(value).map(([Key, text]) => ({ Key, Value: inside(text) }))
        : inside(value);
    case "names":
      return isObject(value)
        ? Object.entries(value).map(([Name, text]) => ({ Name, Value: inside(text) }))
        : inside(value);
    case "entries":
      return Object.fromEntries(
        (value as Properties[]).map((entry) => [String(entry.name), inside(entry.value!)]),
      );
    case "first":
      return Array.isArray(value) ? (value.length === 0 ? undefined : inside(value[0]!)) : inside(value);
    case "list":
      return Array.isArray(value) ? each(value) : [inside(value)];
    case "counted":
      return (value as Json[]).length === 0
        ? undefined
        : { Quantity: (value as Json[]).length, Items: each(value as Json[]) };
    default:
      return Array.isArray(value) ? each(value) : inside(value);
  }
}

function asText(value: Json): Json {
  return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
}

function asNumber(value: Json): Json {
  return typeof value === "string" && value !== "" && !Number.isNaN(Number(value)) ? Number(value) : value;
}

/** A JSON text as what it says; anything else as it is. */
function asDocument(value: Json, inside: (value: Json) => Json): Json {
  let document = value;
  if (typeof value === "string") {
    try {
      document = JSON.parse(value);
    } catch {
      return inside(value);
    }
  }
  return Array.isArray(document) ? document.map(inside) : inside(document);
}

function resolved(value: Json, listener: Listener, at: string): Json {
  if (typeof value === "string") return listener.resolve(value, at);
  if (Array.isArray(value)) return value.map((each) => resolved(each, listener, at));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolved(each, listener, at)]));
}

export function isObject(value: Json | undefined): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Sets a path; what is on the way is made. Digits step into lists, "+" appends to one. */
export function put(target: Properties, path: string, value: Json): void {
  const steps = path.split(".");
  let at: Properties | Json[] = target;
  for (const [index, step] of steps.entries()) {
    const next = steps[index + 1];
    const key = step === "+" ? (at as Json[]).length : step;
    const holder = at as { [key: string | number]: Json };
    if (next === undefined) {
      holder[key] = joined(holder[key], value);
      return;
    }
    holder[key] ??= /^(\d+|\+)$/.test(next) ? [] : {};
    at = holder[key] as Properties | Json[];
  }
}

/** Several inputs may make one list or one object, such as the attributes of a load balancer. */
function joined(before: Json | undefined, value: Json): Json {
  if (Array.isArray(before) && Array.isArray(value)) return [...before, ...value];
  if (!isObject(before) || !isObject(value)) return value;
  const both = { ...before };
  for (const [key, each] of Object.entries(value)) both[key] = joined(both[key], each);
  return both;
}
