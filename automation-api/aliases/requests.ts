import { z } from "zod";
import { aliasKinds, aliasSchema, keyOf } from "../../host-provisioning/terminal/index.ts";

// Not in contract.ts: they are made of what host-provisioning knows of an alias, which no browser can load.

export const mostAliases = 2000;

export const importRequest = z.strictObject({
  aliases: z
    .array(
      aliasSchema.extend({
        hides: z.string().max(500).optional().describe("A command, function or builtin of the same name."),
      }),
    )
    .max(mostAliases)
    .refine((aliases) => new Set(aliases.map(keyOf)).size === aliases.length, {
      message: "names an alias twice",
    }),
  replace: z.boolean().default(false).describe("Whether a new expansion takes the place of another one."),
  dryRun: z.boolean().default(false).describe("Tells what would become of it, and keeps nothing."),
});
export type ImportRequest = z.output<typeof importRequest>;

export const aliasParams = z.object({ name: aliasSchema.shape.name });
export const aliasQuery = z.strictObject({ kind: z.enum(aliasKinds).default("regular") });
