import { createHash } from "node:crypto";
import { z } from "zod";

/** Versions kept of each shell, and shells of one account. */
export const limits = { versions: 50, shells: 20 };

const shell = z.object({
  current: z.string(),
  /** The newest first; one that is pushed again comes to the front. */
  versions: z.array(z.object({ revision: z.string(), pushedAt: z.string() })),
});

/** What an account has, by name: the one object that is swapped, so all of a push holds or none. */
export const indexSchema = z.object({ shells: z.record(z.string(), shell) });
export type Index = z.output<typeof indexSchema>;

export const emptyIndex: Index = { shells: {} };

export const revisionOf = (document: string) => createHash("sha256").update(document).digest("hex");

export type Advanced =
  | { kind: "same"; index: Index }
  | { kind: "advanced"; index: Index; forgotten: string[] }
  | { kind: "conflict"; current: string | null }
  | { kind: "too-many" };

/**
 * Puts a revision in front of the others of a shell when nothing was put there since `base`. Pure.
 * A push that is repeated changes nothing.
 */
export function advance(
  index: Index,
  { name, revision, base, at }: { name: string; revision: string; base: string | null; at: Date },
): Advanced {
  const before = Object.hasOwn(index.shells, name) ? index.shells[name] : undefined;
  if (before?.current === revision) return { kind: "same", index };
  if ((before?.current ?? null) !== base) return { kind: "conflict", current: before?.current ?? null };
  if (!before && Object.keys(index.shells).length >= limits.shells) return { kind: "too-many" };
  const others = before?.versions.filter((each) => each.revision !== revision) ?? [];
  const all = [{ revision, pushedAt: at.toISOString() }, ...others];
  const versions = all.slice(0, limits.versions);
  return {
    kind: "advanced",
    index: { shells: { ...index.shells, [name]: { current: revision, versions } } },
    forgotten: all.slice(limits.versions).map((each) => each.revision),
  };
}
