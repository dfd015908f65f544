import { type Alias, keyOf } from "./aliases.ts";
import type { Shell } from "./specification.ts";

/** An alias that is to come into the registry, and what it hides where it comes from. */
export interface IncomingAlias extends Alias {
  hides?: string;
}

export interface Merged {
  registry: Alias[];
  added: Alias[];
  /** Those that the registry has already, word for word. */
  same: Alias[];
  /** The same name with another expansion; `taken` says whether the new one has replaced the old. */
  conflicts: { before: Alias; after: Alias; taken: boolean }[];
  shadowed: { name: string; hides: string; isUsed: boolean }[];
}

/**
 * Brings aliases into a registry. Pure.
 * @param replace whether a new expansion takes the place of another one of the same name. Default: the old one stays.
 */
export function mergeAliases(
  registry: readonly Alias[],
  incoming: readonly IncomingAlias[],
  replace = false,
): Merged {
  const all = new Map(registry.map((alias) => [keyOf(alias), alias]));
  const merged: Merged = { registry: [], added: [], same: [], conflicts: [], shadowed: [] };
  for (const { hides, ...alias } of incoming) {
    const before = all.get(keyOf(alias));
    if (!before) merged.added.push(alias);
    else if (sameMeaning(before, alias)) merged.same.push(before);
    else merged.conflicts.push({ before, after: alias, taken: replace });
    if (!before || (replace && !sameMeaning(before, alias))) all.set(keyOf(alias), alias);
    if (hides) merged.shadowed.push({ name: alias.name, hides, isUsed: callsItself(alias) });
  }
  merged.registry = [...all.values()].toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  return merged;
}

/**
 * A shell with what it asks of its person's registry. Its own aliases stay: one of the registry that says otherwise is
 * told as a conflict. Pure.
 * @param kept all that the registry has; what is not asked for is left out.
 */
export function takeAliases(
  shell: Shell,
  kept: readonly IncomingAlias[],
): { shell: Shell; taken: Omit<Merged, "registry"> } {
  const { aliases: isAsked, tags } = shell.registry;
  const asked = kept.filter(
    (alias) => isAsked && (tags.length === 0 || tags.some((tag) => alias.tags.includes(tag))),
  );
  const { registry: aliases, ...taken } = mergeAliases(shell.aliases, asked);
  return { shell: { ...shell, aliases }, taken };
}

/** Where an alias comes from and how it is tagged makes no other alias of it. */
function sameMeaning(a: Alias, b: Alias): boolean {
  return a.expansion === b.expansion && a.os === b.os && a.requires === b.requires;
}

/** `ls` as `ls --color`: what it hides is still what runs. */
function callsItself({ name, expansion }: Alias): boolean {
  return (
    expansion.split(/\s+/).find((word) => !/^(sudo|command|builtin|noglob|\w+=\S*)$/.test(word)) === name
  );
}
