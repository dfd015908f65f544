import { z } from "zod";
import { frameworks, pluginNames, shellSchema, themeNames } from "../../host-provisioning/terminal/index.ts";
import { directly, hostReference } from "../host-actions/contract.ts";

// Not in contract.ts: they are made of what host-provisioning knows of a shell, which no browser can load.

/** A plugin's file of the catalogue has at most 60 KB. */
const pluginFileCharacters = 256 * 1024;

const sources = z
  .array(z.string().max(pluginFileCharacters, `has more than ${pluginFileCharacters} characters`))
  .max(50)
  .default([])
  .describe("Texts of the files of the plugins; each is known by its SHA-256.");

/** What `zshrc` takes, which is one of the templates of POST /api/v1/config/generate. */
export const zshrcRequest = z
  .strictObject({
    template: z.literal("zshrc"),
    shell: shellSchema.optional().describe("Default: the default of each field."),
    definition: z
      .strictObject({ framework: z.enum(frameworks), text: z.string().max(pluginFileCharacters) })
      .optional()
      .describe("Of another framework, in place of `shell`: it is read, not run."),
    sources,
  })
  .refine(({ shell, definition }) => !shell || !definition, {
    path: ["definition"],
    message: "stands in place of shell: give one of them",
  });
export type ZshrcRequest = z.output<typeof zshrcRequest>;

const whose = {
  host: hostReference,
  user: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/, "expected the name of a user")
    .describe("Whose shell on the host."),
  ...directly,
};
const shellInstall = z.strictObject(whose);
export type ShellInstall = z.output<typeof shellInstall>;
/** `zshrc` put in place, which is one of the templates of POST /api/v1/config/apply. */
export const zshrcInstall = zshrcRequest.safeExtend(whose);
export type ZshrcInstall = z.output<typeof zshrcInstall>;
export const themeInstall = z.strictObject({ ...whose, theme: z.enum(themeNames) });
export type ThemeInstall = z.output<typeof themeInstall>;
export const pluginInstall = z.strictObject({
  ...whose,
  plugins: z.array(z.enum(pluginNames)).min(1).max(20),
  sources,
});
export type PluginInstall = z.output<typeof pluginInstall>;
export const terminalOptimize = z.strictObject({ ...whose, sources });
export type TerminalOptimize = z.output<typeof terminalOptimize>;

const version = z
  .string()
  .regex(/^[0-9a-f]{4,64}$/, "expected a version, or 4 or more of its first characters");
export const shellOwner = z.strictObject({ host: hostReference, user: whose.user });
export type ShellOwner = z.output<typeof shellOwner>;
export const shellDiffQuery = shellOwner.extend({
  from: version.optional().describe("Default: the one before `to`."),
  to: version.optional().describe("Default: the current one."),
});
export type ShellDiffQuery = z.output<typeof shellDiffQuery>;
export const shellRollback = z.strictObject({
  ...whose,
  version: version.optional().describe("Default: the one before the current one."),
});
export type ShellRollback = z.output<typeof shellRollback>;
