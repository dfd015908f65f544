import { z } from "zod";
import { aliasSchema, keyOf, tagsSchema } from "./aliases.ts";
import { pluginNames, themeNames } from "./catalogue.ts";
import { promptSchema } from "./prompt.ts";

const noNul = (text: string) => !text.includes("\0");

/** Set by the shell itself, or of a kind that a text would break. */
const ownVariables =
  /^(PATH|PROMPT|PS[1-4]|RPROMPT|RPS1|FPATH|IFS|UID|EUID|GID|EGID|USERNAME|PWD|OLDPWD|SHLVL|HISTFILE|HISTSIZE|SAVEHIST|ZDOTDIR|LD_PRELOAD|LD_LIBRARY_PATH|LD_AUDIT|ROOST_.*)$/;

const variable = z
  .string()
  .max(100)
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be a name of letters, digits and _")
  .refine((name) => !ownVariables.test(name), "has a field of its own, or is the shell's");

/** What people set for comfort; options that change how the rest is parsed are not among them. */
export const optionNames = [
  "auto_cd",
  "auto_pushd",
  "pushd_ignore_dups",
  "pushd_silent",
  "cdable_vars",
  "correct",
  "correct_all",
  "extended_glob",
  "glob_dots",
  "null_glob",
  "numeric_glob_sort",
  "no_clobber",
  "interactive_comments",
  "long_list_jobs",
  "notify",
  "check_jobs",
  "hup",
  "beep",
  "flow_control",
  "rm_star_silent",
  "print_exit_value",
  "multios",
  "auto_resume",
] as const;

const unique = <T>(name: (item: T) => string) =>
  [
    (items: T[]) => new Set(items.map(name)).size === items.length,
    { message: "names something twice" },
  ] as const;

/** A shell, described: what `generate` makes a zsh configuration from. Unknown fields are refused. */
export const shellSchema = z.strictObject({
  theme: z.enum(themeNames).default("plain"),
  prompt: promptSchema.optional().describe("A prompt of one's own, in place of the theme's."),
  plugins: z
    .array(z.enum(pluginNames))
    .max(20)
    .refine(...unique<string>(String))
    .default([]),
  aliases: z
    .array(aliasSchema)
    .max(2000)
    .refine(...unique<z.output<typeof aliasSchema>>(keyOf))
    .default([])
    .describe("The shell's own; they go before those of the registry."),
  registry: z
    .strictObject({
      aliases: z
        .boolean()
        .default(false)
        .describe("Takes the aliases of your registry, as they are when the configuration is made."),
      tags: tagsSchema.describe("Only those that have one of these. Default: all."),
    })
    .refine(({ aliases, tags }) => aliases || tags.length === 0, {
      path: ["tags"],
      message: "choose among aliases that are not taken: set aliases to true",
    })
    .prefault({}),
  environment: z
    .record(variable, z.string().max(4096).refine(noNul, "must not hold NUL"))
    .refine((all) => Object.keys(all).length <= 200, "has more than 200 variables")
    .default({})
    .describe("Exported as they are: nothing in them is expanded. No place for secrets."),
  path: z
    .array(
      z
        .string()
        .max(300)
        .regex(/^(~\/|\/)[^:\p{Cc}]*$/u, "must begin with / or ~/, without :"),
    )
    .max(30)
    .default([])
    .describe("Folders before those of PATH, the first one first."),
  history: z
    .strictObject({
      lines: z.int().min(0).max(1_000_000).default(50_000),
      share: z.boolean().default(true).describe("Shells that run side by side see each other's lines."),
      ignoreDuplicates: z.boolean().default(true),
      ignoreSpace: z.boolean().default(true).describe("A line that begins with a blank is not kept."),
    })
    .prefault({}),
  completion: z
    .strictObject({
      enabled: z.boolean().default(true),
      ignoreCase: z.boolean().default(true),
      menu: z.boolean().default(true).describe("Candidates are chosen with the arrow keys."),
    })
    .prefault({}),
  keys: z.enum(["emacs", "vi"]).default("emacs"),
  options: z
    .partialRecord(z.enum(optionNames), z.boolean())
    .default({})
    .describe("Options of zsh by their names."),
  budget: z
    .strictObject({
      firstCommandMs: z.number().min(0).max(1000).default(100),
      keyMs: z.number().min(0).max(100).default(10),
    })
    .prefault({})
    .describe(
      "What plugins may cost in all, by the catalogue's measurements. The defaults leave room below what a person notices: 150 ms up to the first command, 20 ms at a key.",
    ),
});

export type Shell = z.output<typeof shellSchema>;
