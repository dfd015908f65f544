import { z } from "zod";
import { plannedAction } from "../host-actions/contract.ts";

export const templateList = z.object({
  items: z.array(
    z.object({
      name: z.string(),
      summary: z.string(),
      parameters: z.looseObject({}).describe("Schema of the parameters, as JSON Schema."),
    }),
  ),
});
export type TemplateList = z.output<typeof templateList>;

export const generated = z.object({
  template: z.string(),
  scan: z.string().describe("The scan that it was made from."),
  files: z.array(z.object({ path: z.string(), mode: z.string(), text: z.string() })),
  choices: z.array(z.object({ setting: z.string(), value: z.string(), reason: z.string() })),
  validator: z
    .object({
      program: z.string(),
      arguments: z.array(z.string()),
      scope: z.enum(["file", "whole"]),
    })
    .nullable()
    .describe("What judges the first file, {file}, before it takes effect; null: no program does."),
});
export type GeneratedConfig = z.output<typeof generated>;

export const appliedConfig = plannedAction.extend({
  detail: generated.pick({ template: true, scan: true, choices: true, validator: true }).extend({
    files: z.array(
      z.object({
        path: z.string(),
        diff: z.string().describe("As `diff -u` writes it; empty: it is so already."),
      }),
    ),
    refresh: z
      .array(z.object({ how: z.enum(["reload", "restart", "reexec", "stop", "remount"]), unit: z.string() }))
      .describe("What takes the files up, where it runs."),
  }),
});
export type AppliedConfig = z.output<typeof appliedConfig>;
