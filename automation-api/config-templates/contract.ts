import { z } from "zod";
import { configTemplates } from "../../host-provisioning/config-templates/index.ts";

const host = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/, "expected the id or the name of a host")
  .optional()
  .describe("Id or name of the host; may be left out while there is only one.");

const [first, ...others] = configTemplates.map(({ name, summary, parameters }) =>
  z
    .strictObject({
      template: z.literal(name),
      host,
      parameters: parameters.optional().describe("Default: what suits the host."),
    })
    .describe(summary),
);
export const generateRequest = z.discriminatedUnion("template", [
  first as NonNullable<typeof first>,
  ...others,
]);
export type GenerateRequest = z.output<typeof generateRequest>;

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
