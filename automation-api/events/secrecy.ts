import { masker } from "../../plugins/provider/index.ts";

/** A copy of an event or a result in which no text shows a secret. */
export type Hide = <T>(value: T) => T;

/** Where events and results hold what programs and providers say. Names, types and states stay readable. */
const textFields = new Set(["message", "prefix", "line", "error", "reason", "inputs", "outputs"]);

/**
 * Hides what the engine does not: it knows each secret of the configuration as one whole text, so that a member
 * of a structured one, or a line of one with several, passes when a program prints it by itself.
 * @param secrets values in clear; structured ones as JSON
 */
export function hiderOf(secrets: readonly string[]): Hide {
  const parts = secrets.flatMap(partsOf);
  if (parts.length === 0) return (value) => value;
  const mask = masker(parts.flatMap((part) => [part, JSON.stringify(part).slice(1, -1)]));
  return (value) => hideIn(value, mask, false) as typeof value;
}

function partsOf(secret: string): string[] {
  const members = membersOf(secret);
  return members ?? (secret.includes("\n") ? [secret] : []);
}

/** Texts and numbers in a structured value; undefined for a plain text. */
function membersOf(text: string): string[] | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  const members: string[] = [];
  const collect = (_key: string, member: unknown): unknown => {
    if (typeof member === "string" || typeof member === "number") members.push(String(member));
    return member;
  };
  try {
    JSON.parse(text, collect);
  } catch {
    return undefined;
  }
  return members;
}

function hideIn(value: unknown, mask: (text: string) => string, isText: boolean): unknown {
  if (typeof value === "string") return isText ? mask(value) : value;
  if (Array.isArray(value)) return value.map((item) => hideIn(item, mask, isText));
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value);
  return Object.fromEntries(
    fields.map(([name, inner]) => [name, hideIn(inner, mask, isText || textFields.has(name))]),
  );
}
