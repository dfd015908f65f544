import { z } from "zod";
import { configTemplates } from "../../host-provisioning/config-templates/index.ts";
import { directly, hostReference as host } from "../host-actions/contract.ts";
import { zshrcInstall, zshrcRequest } from "../terminal/service.ts";

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

const [firstApplied, ...othersApplied] = [first, ...others].map((schema) =>
  (schema as NonNullable<typeof first>).extend(directly),
);
/** The same, put in place on the host. */
export const applyRequest = z.discriminatedUnion("template", [
  zshrcInstall,
  firstApplied as NonNullable<typeof firstApplied>,
  ...othersApplied,
]);
export type ApplyRequest = z.output<NonNullable<typeof firstApplied>>;
