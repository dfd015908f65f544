import { type Alias, keyOf } from "./aliases.ts";
import { type Shell, shellSchema } from "./specification.ts";

/** Two machines that have changed one thing in two ways. */
export interface MergeConflict {
  /** Such as `theme`, `environment.EDITOR`, `aliases.regular ll`. */
  field: string;
  ours: unknown;
  theirs: unknown;
}

export interface MergedShell {
  /** Where two changes meet, ours holds. */
  shell: Shell;
  conflicts: MergeConflict[];
}

/**
 * Brings together what two machines have made of one shell: by field, by variable, by alias. Pure.
 * @param base what both have begun with.
 */
export function mergeShells(base: Shell, ours: Shell, theirs: Shell): MergedShell {
  const conflicts: MergeConflict[] = [];
  const one = <T>(field: string, b: T, o: T, t: T): T => {
    if (same(o, t) || same(b, t)) return o;
    if (same(b, o)) return t;
    conflicts.push({ field, ours: o ?? null, theirs: t ?? null });
    return o;
  };
  /** By key; a value that one side has removed and the other has changed is a conflict. */
  const each = <T>(field: string, b: Record<string, T>, o: Record<string, T>, t: Record<string, T>) => {
    const keys = new Set([...Object.keys(o), ...Object.keys(t)]);
    const kept = [...keys].flatMap((key) => {
      const value = one(`${field}.${key}`, own(b, key), own(o, key), own(t, key));
      return value === undefined ? [] : ([[key, value]] as const);
    });
    return Object.fromEntries(kept) as Record<string, T>;
  };
  const fields = Object.keys(shellSchema.shape) as (keyof Shell)[];
  const merged = fields.map((field) => {
    const [b, o, t]: unknown[] = [base[field], ours[field], theirs[field]];
    if (field === "aliases")
      return [field, Object.values(each(field, byKey(base), byKey(ours), byKey(theirs)))] as const;
    if (field === "plugins" || field === "path")
      return [field, mergeList(b as string[], o as string[], t as string[])] as const;
    if ([b, o, t].every(isRecord) && field !== "prompt") {
      return [field, each(field, b as Fields, o as Fields, t as Fields)] as const;
    }
    return [field, one(field, b, o, t)] as const;
  });
  return {
    shell: shellSchema.parse(Object.fromEntries(merged.filter(([, value]) => value !== undefined))),
    conflicts,
  };
}

type Fields = Record<string, unknown>;
const isRecord = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const own = <T>(record: Record<string, T>, key: string) =>
  Object.hasOwn(record, key) ? record[key] : undefined;
const byKey = ({ aliases }: Shell): Record<string, Alias> =>
  Object.fromEntries(aliases.map((alias) => [keyOf(alias), alias]));

/** Ours in our order without what they have removed, then what they have added. */
function mergeList(base: readonly string[], ours: readonly string[], theirs: readonly string[]): string[] {
  const kept = ours.filter((item) => theirs.includes(item) || !base.includes(item));
  const added = theirs.filter((item) => !base.includes(item) && !ours.includes(item));
  return [...kept, ...added];
}

/** Whatever the order of the fields. */
function same(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string | undefined {
  return JSON.stringify(value, (_, inner: unknown) =>
    isRecord(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );
}
