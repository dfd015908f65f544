import { z } from "zod";
import { isLike } from "./pattern.ts";
import type { Level, Resource, Rule } from "./rule.ts";

/** One resource that need not keep one rule for a while. */
export const exception = z.strictObject({
  resource: z
    .string()
    .min(1)
    .describe("Name or URN of a resource; * stands for any text, ? for one character."),
  who: z.string().min(1).describe("Who answers for it."),
  why: z.string().min(1),
  until: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/, "expected a day such as 2026-12-31")
    .describe("Last day, in UTC, on which it holds."),
});
export type Exception = z.output<typeof exception>;

export const levels = ["mandatory", "advisory", "remediate", "disabled"] as const;
const level = z.enum(levels);

/**
 * What is set for rules, in the form of Pulumi's `--policy-pack-config`: rule → level, or level, exceptions and the
 * rule's own settings. `all` is for every rule that is not named.
 */
export const settings = z.record(
  z.string(),
  z.union([
    level,
    z.looseObject({ enforcementLevel: level.optional(), exceptions: z.array(exception).optional() }),
  ]),
);
export type Settings = z.output<typeof settings>;

/** Settings that are not right: the fault of who wrote them, and not of a rule. */
export class SettingsError extends Error {}

/** What holds for one rule. */
export interface RuleSettings {
  level: Level;
  exceptions: Exception[];
  config: Record<string, unknown>;
}

/** @throws SettingsError naming the rule and each setting of it that is wrong */
export function settingsOf(rule: Rule, given: Settings = {}): RuleSettings {
  const own = given[rule.id] ?? {};
  const all = given.all ?? {};
  const { enforcementLevel, ...rest } = typeof own === "string" ? { enforcementLevel: own } : own;
  const level = enforcementLevel ?? (typeof all === "string" ? all : all.enforcementLevel) ?? rule.level;
  return { level, ...parseConfig(rule, rest) };
}

const schemas = new WeakMap<Rule, z.ZodObject>();

/** What may be set for a rule: its own settings, and exceptions. */
export function schemaOf(rule: Rule): z.ZodObject {
  let schema = schemas.get(rule);
  if (!schema) {
    schema = (rule.config ?? z.object({})).extend({ exceptions: z.array(exception).default([]) }).strict();
    schemas.set(rule, schema);
  }
  return schema;
}

/** The settings of a rule without its level, defaults filled in. */
export function parseConfig(rule: Rule, given: Record<string, unknown>): Omit<RuleSettings, "level"> {
  const parsed = schemaOf(rule).safeParse(given);
  if (parsed.success) {
    const { exceptions, ...config } = parsed.data as { exceptions: Exception[] };
    return { exceptions, config };
  }
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`);
  throw new SettingsError(`The settings of the policy ${rule.id} are not right: ${faults.join("; ")}`);
}

/**
 * Names in settings that are no rule: a typing error there would leave a rule as it is without a word.
 * @throws SettingsError naming them
 */
export function requireKnown(rules: readonly Rule[], given: Settings): void {
  const ids = new Set(["all", ...rules.map(({ id }) => id)]);
  const strange = Object.keys(given).filter((name) => !ids.has(name));
  if (strange.length > 0) throw new SettingsError(`There is no policy ${strange.join(", ")}.`);
}

/**
 * Settings that were written by hand or came from afar.
 * @throws SettingsError naming what is wrong
 */
export function checkSettings(rules: readonly Rule[], given: unknown): Settings {
  const parsed = settings.safeParse(given);
  if (!parsed.success) throw new SettingsError(z.prettifyError(parsed.error));
  requireKnown(rules, parsed.data);
  for (const rule of rules) settingsOf(rule, parsed.data);
  return parsed.data;
}

/** The first exception for a resource that still holds, else the one that ended last. */
export function exceptionFor(
  exceptions: readonly Exception[],
  { urn, name }: Pick<Resource, "urn" | "name">,
  today: string,
): { exception: Exception; isOver: boolean } | undefined {
  const matching = exceptions.filter(({ resource }) => isLike(resource, urn) || isLike(resource, name));
  const holding = matching.find(({ until }) => until >= today);
  if (holding) return { exception: holding, isOver: false };
  const last = matching.sort((a, b) => (a.until < b.until ? 1 : -1))[0];
  return last && { exception: last, isOver: true };
}

export function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}
