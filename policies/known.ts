import type { Props } from "./rule.ts";

/** A rule asked for what cannot be known now: its outcome is neither good nor bad. */
export class Undecidable extends Error {
  readonly path: string;
  /** Whether time will tell; else nobody can. */
  readonly isUnknown: boolean;

  constructor(path: string, why?: string) {
    super(`${path} ${why ?? "is not known yet"}`);
    this.name = "Undecidable";
    this.path = path;
    this.isUnknown = why === undefined;
  }
}

/**
 * Marks of values that are not known: in a recorded graph, and the engine's own for a text, number, boolean, list,
 * object, asset and archive.
 */
const unknowns = new Set([
  "[unknown]",
  "[secret]",
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
]);

/** The value itself where all of it is known; else one that throws Undecidable where a rule reads an unknown part. */
export function guard(value: Props): Props {
  if (!hasUnknown(value)) return value;
  const guarded = proxy(value, "");
  bare.set(guarded, value);
  return guarded;
}

const bare = new WeakMap<object, Props>();

/** What a guarded value was made from: to be copied, never to be read. */
export function unguard(value: Props): Props {
  return bare.get(value) ?? value;
}

/** Whether the engine, or a graph, knows nothing of a value that is given. */
export function isUnknown(value: unknown): boolean {
  return typeof value === "string" && unknowns.has(value);
}

/** Stands for a text that is not known yet, and is the text of nothing. */
export const notKnown = "[not known yet]";

/** Texts of a list, or of a single value, of which some are not known yet: those are `notKnown`. */
export function textsOf(props: Props, name: string): string[] {
  const value = orNotKnown(() => props[name]);
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return [String(value)];
  return Array.from(value.keys(), (index) => String(orNotKnown(() => value[index])));
}

function orNotKnown(read: () => Props): Props {
  try {
    return read();
  } catch (error) {
    if (error instanceof Undecidable) return notKnown;
    throw error;
  }
}

function hasUnknown(value: unknown): boolean {
  if (typeof value === "string") return unknowns.has(value);
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some(hasUnknown);
  // Every input of every resource passes here: no list is made of them.
  for (const name in value) if (hasUnknown((value as Props)[name])) return true;
  return false;
}

function proxy(value: Props, path: string): Props {
  if (typeof value !== "object" || value === null) return value;
  return new Proxy(value, {
    get(target, key) {
      const inner = target[key];
      if (typeof key === "symbol" || !Object.hasOwn(target, key)) return inner;
      const at = path === "" ? key : `${path}.${key}`;
      if (unknowns.has(inner)) throw new Undecidable(at);
      return proxy(inner, at);
    },
  });
}

/** Whether an input is given at all, known or not. */
export function isGiven(props: Props, name: string): boolean {
  return typeof props === "object" && props !== null && name in props && !isNothing(props, name);
}

function isNothing(props: Props, name: string): boolean {
  try {
    return props[name] === undefined || props[name] === null;
  } catch (error) {
    if (error instanceof Undecidable) return false;
    throw error;
  }
}
