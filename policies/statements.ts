import { Undecidable } from "./known.ts";
import type { Props } from "./rule.ts";
import { list } from "./values.ts";

/** One statement of an IAM or resource policy, with every list as a list and names in lower case. */
export interface Statement {
  allows: boolean;
  /** Lower case, such as "s3:*". A NotAction without limit is "*". */
  actions: string[];
  resources: string[];
  /** Values of all kinds of principals; "*" is everyone. */
  principals: string[];
  /** Operator → key → values, in lower case. */
  conditions: Record<string, Record<string, string[]>>;
}

/**
 * The statements of a policy document, given as text or as an object.
 * @param path of the document, for the error
 * @throws Undecidable when it is no document
 */
export function statements(document: Props, path: string): Statement[] {
  return list(parseJson(document, path)?.Statement).map(toStatement);
}

/** @throws Undecidable when the text is no JSON */
export function parseJson(value: Props, path: string): Props {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    throw new Undecidable(path, "is no JSON that can be read");
  }
}

function toStatement(raw: Props): Statement {
  return {
    allows: raw.Effect !== "Deny",
    actions: "NotAction" in raw ? ["*"] : texts(raw.Action),
    resources: "NotResource" in raw ? ["*"] : list(raw.Resource).map(String),
    principals:
      "NotPrincipal" in raw
        ? ["*"]
        : typeof raw.Principal === "object"
          ? Object.values(raw.Principal ?? {}).flatMap((each) => list(each).map(String))
          : list(raw.Principal).map(String),
    conditions: lowered(raw.Condition ?? {}),
  };
}

function texts(value: Props): string[] {
  return list(value).map((each) => String(each).toLowerCase());
}

function lowered(conditions: Props): Statement["conditions"] {
  return Object.fromEntries(
    Object.entries(conditions).map(([operator, keys]) => [
      operator.toLowerCase(),
      Object.fromEntries(
        Object.entries(keys as Props).map(([key, values]) => [key.toLowerCase(), texts(values)]),
      ),
    ]),
  );
}

/** Denies everyone who comes without TLS. */
export function requiresTls(all: Statement[]): boolean {
  return all.some(
    ({ allows, principals, conditions, actions }) =>
      !allows &&
      principals.includes("*") &&
      actions.some((action) => action === "*" || /^[a-z0-9-]+:\*$/.test(action)) &&
      Object.keys(conditions).length === 1 &&
      conditions.bool?.["aws:securetransport"]?.includes("false") === true,
  );
}
