import { z } from "zod";
import { invalid } from "../errors.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { JournalEntry } from "./journal.ts";
import { parseExactly } from "./json.ts";

/**
 * What the fold relies on, checked before anything is stored: a value of the
 * wrong type must be refused where it arrives and never reach the fold, which
 * would fail on it each time. Everything else passes as it is.
 */
const urns = z.array(z.string()).nullish();

const resource = z.looseObject({
  urn: z.string(),
  type: z.string(),
  custom: z.boolean().nullish(),
  delete: z.boolean().nullish(),
  id: z.string().nullish(),
  parent: z.string().nullish(),
  provider: z.string().nullish(),
  dependencies: urns,
  propertyDependencies: z.record(z.string(), urns).nullish(),
  pendingReplacement: z.boolean().nullish(),
  aliases: urns,
  deletedWith: z.string().nullish(),
  replaceWith: urns,
  viewOf: z.string().nullish(),
  resourceHooks: z.record(z.string(), urns).nullish(),
});

const operation = z.looseObject({ resource, type: z.string() });
const provider = z.looseObject({ type: z.string(), state: z.record(z.string(), z.unknown()).nullish() });
const snippet = z.looseObject({ uuid: z.string(), references: z.record(z.string(), z.string()).nullish() });

const body = z.looseObject({
  manifest: z.looseObject({ time: z.string(), magic: z.string(), version: z.string() }),
  secrets_providers: provider.nullish(),
  resources: z.array(resource).nullish(),
  pending_operations: z.array(operation).nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  snippets: z.array(snippet).nullish(),
  extensions: z.record(z.string(), z.unknown()).nullish(),
});

const position = z.int().nullish();

const entry = z.looseObject({
  version: z.literal(1).optional(),
  kind: z.int().min(0).max(9),
  sequenceID: z.int().min(1),
  operationID: z.int().min(0),
  removeOld: position,
  removeNew: position,
  pendingReplacementOld: position,
  pendingReplacementNew: position,
  deleteOld: position,
  deleteNew: position,
  state: resource.nullish(),
  operation: operation.nullish(),
  isRefresh: z.boolean().nullish(),
  secretsProvider: provider.nullish(),
  snippets: z.array(snippet).nullish(),
  newSnapshot: body.nullish(),
  extensionRef: z.string().nullish(),
  requiresByteString: z.boolean().nullish(),
});
const journal = z.looseObject({ entries: z.array(entry).max(10_000).nullish() });

const events = z.looseObject({
  events: z
    .array(z.looseObject({ sequence: z.int() }))
    .max(10_000)
    .nullish(),
});

const checkpoint = z.looseObject({
  version: z
    .int()
    .min(3, "only schema versions 3 and 4 are known")
    .max(4, "only schema versions 3 and 4 are known"),
  features: z.array(z.string()).nullish(),
  deployment: body.nullish(),
});

/** @throws invalid naming the first field that is wrong. */
export function parseJournal(text: string): JournalEntry[] {
  return (check(journal, parse(text)).entries ?? []) as JournalEntry[];
}

/** @throws invalid naming the first field that is wrong. */
export function parseEvents(text: string): Record<string, unknown>[] {
  return check(events, parse(text)).events ?? [];
}

/** @throws invalid naming the first field that is wrong. */
export function parseCheckpoint(text: string): Checkpoint {
  return checkCheckpoint(parse(text));
}

export function checkCheckpoint(value: unknown): Checkpoint {
  const { version, features, deployment } = check(checkpoint, value);
  return {
    version,
    ...(features && features.length > 0 ? { features } : {}),
    deployment: (deployment ?? null) as Checkpoint["deployment"],
  };
}

/** The parser's own message repeats what it was given, which may be a secret. */
function parse(text: string): unknown {
  try {
    return parseExactly(text);
  } catch {
    throw invalid("body", "is no JSON, or was cut off");
  }
}

/** The value itself and not a copy of it, so that what is stored is what was sent. */
function check<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return value as z.output<S>;
  const issue = result.error.issues[0];
  throw invalid(issue?.path.join(".") || "body", issue?.message ?? "has the wrong form");
}
