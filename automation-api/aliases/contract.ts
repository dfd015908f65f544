import { z } from "zod";

const alias = z.object({
  name: z.string(),
  expansion: z.string(),
  kind: z.string(),
  tags: z.array(z.string()),
  os: z.string(),
  requires: z.string().optional(),
  source: z.string().optional(),
});

const shadowed = z.object({
  name: z.string(),
  hides: z.string(),
  isUsed: z.boolean().describe("The alias calls what it hides, as `ls` for `ls --color` does."),
});

export const aliasList = z.object({
  items: z.array(
    alias.extend({
      hides: z.string().nullable().describe("What it hid where it was imported from."),
      importedAt: z.string(),
    }),
  ),
});
export type AliasList = z.output<typeof aliasList>;

export const importedAliases = z.object({
  registry: z.array(alias).describe("All your aliases after the import, in order."),
  added: z.array(alias),
  same: z.array(alias).describe("Those that the registry had already."),
  conflicts: z.array(z.object({ before: alias, after: alias, taken: z.boolean() })),
  shadowed: z.array(shadowed),
});
export type ImportedAliases = z.output<typeof importedAliases>;
