import { z } from "zod";
import { configTemplates } from "../../host-provisioning/config-templates/index.ts";
import { zshrcRequest } from "../terminal/service.ts";

const host = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/, "expected the id or the name of a host")
  .optional()
  .describe("Id or name of the host; may be left out while there is only one.");

/** Templates whose values are taken from a host's scan. */
const [first, ...others] = configTemplates.map(({ name, summary, parameters }) =>
  z
    .strictObject({
      template: z.literal(name),
      host,
      parameters: parameters.optional().describe("Default: what suits the host."),
    })
    .describe(summary),
);
/** Of each template its own parameters; not in contract.ts, which the browser loads without the templates. */
export const generateRequest = z.discriminatedUnion("template", [
  zshrcRequest,
  first as NonNullable<typeof first>,
  ...others,
]);
export type GenerateRequest = z.output<NonNullable<typeof first>>;
