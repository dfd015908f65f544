import { z } from "zod";
import { importedAliases } from "../aliases/contract.ts";
import { actionStates, plannedAction, verified } from "../host-actions/contract.ts";

export const themesReply = z.object({
  items: z.array(
    z.object({
      name: z.string(),
      summary: z.string(),
      prompt: z
        .looseObject({})
        .describe("Segments left and right, as the field `prompt` of a shell takes them."),
    }),
  ),
});

const cost = z
  .object({ firstCommandMs: z.number(), keyMs: z.number() })
  .describe("Measured processor milliseconds up to the first command, and at each key.");

export const pluginsReply = z.object({
  items: z.array(
    z.object({
      name: z.string(),
      summary: z.string(),
      version: z.string(),
      repository: z.string(),
      commit: z.string(),
      licence: z.string().describe("SPDX identifier."),
      cost,
      files: z.array(z.object({ path: z.string(), bytes: z.number(), sha256: z.string() })),
    }),
  ),
});

const note = z.object({
  line: z.number(),
  subject: z.string(),
  taken: z.boolean(),
  message: z.string().describe("What became of it, or why it was left out."),
});

const registry = importedAliases
  .omit({ registry: true })
  .describe("What became of the aliases of your registry; in a conflict the shell's own one stays.");

export const generated = z.object({
  template: z.literal("zshrc"),
  version: z.string().describe("SHA-256 of the configuration: the same for the same shell."),
  files: z.array(
    z.object({ path: z.string().describe("Below the home folder."), sha256: z.string(), text: z.string() }),
  ),
  shell: z.looseObject({}).describe("The whole description that it was made from."),
  provision: z
    .string()
    .describe("Script for `zsh -f`, with the first file as its argument: checks and compiles it."),
  plugins: z.array(
    z.object({ name: z.string(), version: z.string(), commit: z.string(), licence: z.string() }),
  ),
  cost,
  registry,
  notes: z.array(note).describe("What became of each line of `definition`."),
});
export type Generated = z.output<typeof generated>;

export const installedShell = plannedAction.extend({
  detail: z.object({
    user: z.string(),
    version: z.string(),
    shell: z.looseObject({}),
    plugins: generated.shape.plugins,
    cost,
    registry: registry.optional(),
    files: z.array(
      z.object({
        path: z.string(),
        diff: z.string().describe("As `diff -u` writes it; empty: it is so already."),
      }),
    ),
    notes: z.array(note),
  }),
});
export type InstalledShell = z.output<typeof installedShell>;

export const shellVersions = z.object({
  user: z.string(),
  current: z.string().nullable().describe("SHA-256 of the configuration that is there now."),
  items: z
    .array(
      z.object({
        version: z.string(),
        action: z.string().describe("By which it came."),
        title: z.string(),
        state: z.enum(actionStates),
        isCurrent: z.boolean(),
        requester: z.string(),
        createdAt: z.string(),
      }),
    )
    .describe("The newest first; what was taken back too."),
});
export type ShellVersions = z.output<typeof shellVersions>;

export const shellDiff = z.object({
  from: z.string().nullable(),
  to: z.string(),
  files: z.array(z.object({ path: z.string(), diff: z.string().describe("As `diff -u` writes it.") })),
});
export type ShellDiff = z.output<typeof shellDiff>;

export const verifiedShell = verified.extend({ version: z.string(), action: z.string() });
export type VerifiedShell = z.output<typeof verifiedShell>;
