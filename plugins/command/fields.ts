import {
  type CheckFailure,
  hasUnknown,
  isArchive,
  isAsset,
  isRecord,
  type Properties,
  unknown,
  type Value,
} from "../provider/index.ts";

type Kind = "text" | "number" | "boolean" | "texts" | "textMap" | "list" | "source" | Fields;

/** What a set of inputs may hold; a name that ends with `!` must be there. */
export interface Fields {
  [name: string]: Kind;
}

/** Finds what is missing, of a wrong type or not known. Values that are not known yet are left alone. */
export function checkFields(inputs: Properties, fields: Fields, prefix = ""): CheckFailure[] {
  const kinds = new Map(Object.entries(fields).map(([name, kind]) => [name.replace("!", ""), kind]));
  const required = Object.keys(fields).filter((name) => name.endsWith("!"));
  const failures: CheckFailure[] = [];
  const fail = (name: string, reason: string): number => failures.push({ property: prefix + name, reason });
  for (const name of required.map((each) => each.slice(0, -1))) {
    if (isAbsent(inputs[name])) fail(name, "is required");
  }
  for (const [name, value] of Object.entries(inputs)) {
    const kind = kinds.get(name);
    if (kind === undefined) fail(name, `is not known; expected one of ${[...kinds.keys()].join(", ")}`);
    else if (isAbsent(value) || value === unknown) continue;
    else if (typeof kind === "object") {
      if (isRecord(value)) failures.push(...checkFields(value, kind, `${prefix}${name}.`));
      else fail(name, "must be an object");
    } else if (!accepts[kind](value)) fail(name, `must be ${nouns[kind]}`);
  }
  return failures;
}

const isText = (value: Value | undefined): boolean => typeof value === "string" || value === unknown;

const accepts: Record<Exclude<Kind, Fields>, (value: Value | undefined) => boolean> = {
  text: isText,
  // Configuration values often arrive as text.
  number: (value) => typeof value === "number" || (typeof value === "string" && /^-?\d+$/.test(value)),
  boolean: (value) => typeof value === "boolean" || value === "true" || value === "false",
  texts: (value) => Array.isArray(value) && value.every(isText),
  textMap: (value) => isRecord(value) && Object.values(value).every(isText),
  list: (value) => Array.isArray(value) || hasUnknown(value),
  source: (value) => isAsset(value) || isArchive(value),
};

const nouns: Record<Exclude<Kind, Fields>, string> = {
  text: "a string",
  number: "a number",
  boolean: "true or false",
  texts: "a list of strings",
  textMap: "a map of strings",
  list: "a list",
  source: "an asset or an archive",
};

function isAbsent(value: Value | undefined): value is null | undefined {
  return value === undefined || value === null;
}
