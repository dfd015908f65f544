import { isRecord, type Properties, Secret, secret, unknown, type Value } from "./values.ts";

/** Shorter strings are not masked: hiding every "a" or "80" of a log hides the log. */
const shortestMasked = 4;

/** Lines of scripts that are words of the shell alone: "undone" is to stay readable where a whole script is secret. */
const shellWords = new Set(
  "break case continue do done elif else esac exit fi if return shift then".split(" "),
);

/** The same properties with all secrecy removed: what a handler works with. */
export function plain(properties: Properties): Properties {
  return plainValue(properties) as Properties;
}

export function plainValue(value: Value | undefined): Value | undefined {
  if (value instanceof Secret) return plainValue(value.value);
  if (Array.isArray(value)) return value.map((item) => plainValue(item) ?? null);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plainValue(item)]));
}

/** Wraps again what was secret in `origin` at the same place of `value`. */
export function restoreSecrets(value: Properties, ...origins: Properties[]): Properties {
  return origins.reduce<Properties>((result, origin) => restoreIn(result, origin) as Properties, value);
}

function restoreIn(value: Value | undefined, origin: Value | undefined): Value | undefined {
  if (value === undefined || origin === undefined) return value;
  if (origin instanceof Secret) {
    const inner = restoreIn(value instanceof Secret ? value.value : value, origin.value);
    return inner === undefined ? undefined : secret(inner);
  }
  if (value instanceof Secret) return secret(restoreIn(value.value, origin) ?? null);
  if (Array.isArray(value) && Array.isArray(origin)) {
    return value.map((item, index) => restoreIn(item, origin[index]) ?? null);
  }
  if (!isRecord(value) || !isRecord(origin)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, restoreIn(item, origin[name])]),
  );
}

/** Names of the top-level properties that are secret, wholly or in part. */
export function secretNames(properties: Properties): Set<string> {
  return new Set(Object.keys(properties).filter((name) => hasSecret(properties[name])));
}

function hasSecret(value: Value | undefined): boolean {
  if (value instanceof Secret) return true;
  if (Array.isArray(value)) return value.some(hasSecret);
  return isRecord(value) && Object.values(value).some(hasSecret);
}

export function hasUnknown(value: Value | undefined): boolean {
  if (value === unknown) return true;
  if (value instanceof Secret) return hasUnknown(value.value);
  if (Array.isArray(value)) return value.some(hasUnknown);
  return isRecord(value) && Object.values(value).some(hasUnknown);
}

/**
 * Every string to hide from logs and errors: all strings below a secret. Where a secret object marks some of
 * its own members as secret too, only those count, so that a host name inside a secret connection stays readable.
 */
export function secretStrings(value: Value | undefined): string[] {
  if (value instanceof Secret) {
    return hasSecret(value.value) ? secretStrings(value.value) : stringsOf(value.value);
  }
  if (Array.isArray(value)) return value.flatMap(secretStrings);
  return isRecord(value) ? Object.values(value).flatMap(secretStrings) : [];
}

function stringsOf(value: Value | undefined): string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "number") return [String(value)];
  if (Array.isArray(value)) return value.flatMap(stringsOf);
  return isRecord(value) ? Object.values(value).flatMap(stringsOf) : [];
}

/**
 * A function that replaces each of `strings` (of 4 characters or more, and each line of those with several)
 * by `[secret]`. The longest are replaced first, so that no part of one is left by a shorter one.
 */
export function masker(strings: string[]): (text: string) => string {
  const linesOf = (text: string) =>
    text.split(/\r?\n/).filter((line, _, all) => all.length === 1 || !shellWords.has(line.trim()));
  const parts = strings.flatMap((text) => [text, ...linesOf(text)]).map((text) => text.trim());
  const hidden = [...new Set(parts)]
    .filter((text) => text.length >= shortestMasked)
    .sort((a, b) => b.length - a.length);
  return (text) => hidden.reduce((result, part) => result.replaceAll(part, "[secret]"), text);
}
