import { z } from "zod";
import { quote } from "./quote.ts";

export const aliasKinds = ["regular", "global", "suffix"] as const;

const oneLine = (characters: number) =>
  z
    .string()
    .min(1)
    .max(characters)
    .regex(/^\P{Cc}+$/u, "must be one line without control characters");

/** Words that zsh reads before it looks for an alias, or that an alias would make unusable. */
const reserved = new Set(
  "alias unalias builtin command do done esac then elif else fi for case if while function repeat time until select coproc nocorrect foreach end ! [[ { } declare export float integer local readonly typeset".split(
    " ",
  ),
);

export const tagsSchema = z
  .array(z.string().regex(/^[a-z0-9][a-z0-9-]{0,30}$/))
  .max(10)
  .default([]);

export const aliasSchema = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(100)
    .regex(/^[^\s=\p{Cc}'"\\$`;|&()<>]+$/u, "must be one word without = and without what the shell splits at")
    .refine((name) => !reserved.has(name), "is a word of the shell's own grammar"),
  expansion: oneLine(4096).describe("What stands in its place: one line."),
  kind: z
    .enum(aliasKinds)
    .default("regular")
    .describe("regular: as a command; global: anywhere in a line; suffix: opens files that end so."),
  tags: tagsSchema,
  os: z.enum(["any", "linux", "darwin"]).default("any"),
  requires: z
    .string()
    .regex(/^[A-Za-z0-9_.+-]{1,60}$/)
    .optional()
    .describe("A command without which the alias is left out, looked for when the shell starts."),
  source: oneLine(300)
    .optional()
    .describe("Where it comes from, such as the file that it was imported from."),
});

export type Alias = z.output<typeof aliasSchema>;
export type AliasKind = Alias["kind"];

/** What makes two aliases the same one. */
export function keyOf({ kind, name }: Pick<Alias, "kind" | "name">): string {
  return `${kind} ${name}`;
}

/** In an order that does not depend on where they come from. Pure. */
export function renderAliases(aliases: readonly Alias[]): string {
  return aliases
    .toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
    .map((alias) => `${conditionOf(alias)}${commandOf(alias)}\n`)
    .join("");
}

function commandOf({ kind, name, expansion }: Alias): string {
  const flag = { regular: "", global: "-g ", suffix: "-s " }[kind];
  return `alias ${flag}-- ${quote(name)}=${quote(expansion)}`;
}

function conditionOf({ os, requires }: Alias): string {
  const tests = [
    ...(os === "any" ? [] : [`[[ $OSTYPE == ${os}* ]]`]),
    ...(requires === undefined ? [] : [`(( \${+commands[${requires}]} ))`]),
  ];
  return tests.map((test) => `${test} && `).join("");
}
