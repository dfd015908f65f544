import { textsOf, Undecidable } from "./known.ts";
import { isLike } from "./pattern.ts";
import type { Props } from "./rule.ts";
import { list } from "./values.ts";

/**
 * One statement of an IAM or resource policy, with every list as a list and names in lower case.
 *
 * Names of resources and principals may be open in a first preview, and then are `notKnown`: that is what a cloud will
 * answer, or holds it. No cloud answers `*`, so such a name counts as that of one thing. An update knows it, and is
 * judged again before the resource is made.
 */
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
  return list(parseJson(document, path)?.Statement)
    .map(toStatement)
    .filter(({ resources }) => resources !== nothing);
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

/** The empty list of a statement that is said beside a text, and left out in the text. */
const nothing: string[] = [];

function toStatement(raw: Props): Statement {
  return {
    allows: raw.Effect !== "Deny",
    actions: "NotAction" in raw ? ["*"] : texts(raw.Action),
    resources: "NotResource" in raw ? ["*"] : resourcesOf(raw),
    principals:
      "NotPrincipal" in raw
        ? ["*"]
        : typeof raw.Principal === "object"
          ? Object.keys(raw.Principal ?? {}).flatMap((kind) => textsOf(raw.Principal, kind))
          : list(raw.Principal).map(String),
    conditions: lowered(raw.Condition ?? {}),
  };
}

function resourcesOf(raw: Props): string[] {
  const resources = textsOf(raw, "Resource");
  return resources.length === 0 && "Resource" in raw ? nothing : resources;
}

function texts(value: Props): string[] {
  return list(value).map((each) => String(each).toLowerCase());
}

function lowered(conditions: Props): Statement["conditions"] {
  return Object.fromEntries(
    Object.entries(conditions).map(([operator, keys]) => [
      operator.toLowerCase(),
      Object.fromEntries(
        Object.keys(keys as Props).map((key) => [
          key.toLowerCase(),
          textsOf(keys, key).map((value) => value.toLowerCase()),
        ]),
      ),
    ]),
  );
}

/**
 * Whether a statement is about an action, by its name or by a pattern.
 * @param action in lower case, such as "kms:decrypt"
 */
export function covers({ actions }: Statement, action: string): boolean {
  return actions.some((pattern) => isLike(pattern, action));
}

/** What conditions ask by which everyone is somebody after all. */
const telling = [
  "aws:principalaccount",
  "aws:principalarn",
  "aws:principalorgid",
  "aws:principalorgpaths",
  "aws:sourceaccount",
  "aws:sourcearn",
  "aws:sourceip",
  "aws:sourceorgid",
  "aws:sourcevpc",
  "aws:sourcevpce",
  "kms:calleraccount",
  "s3:dataaccesspointaccount",
  "s3:dataaccesspointarn",
];

/** Allows everyone, on no condition that tells who that is. */
export function isForEveryone({ allows, principals, conditions }: Statement): boolean {
  const isLimited = Object.entries(conditions).some(
    ([operator, keys]) =>
      !/not|ifexists/.test(operator) &&
      Object.entries(keys).some(
        ([key, values]) =>
          telling.includes(key) && !values.some((each) => each === "*" || each === "0.0.0.0/0"),
      ),
  );
  return allows && principals.includes("*") && !isLimited;
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
