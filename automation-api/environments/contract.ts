import { z } from "zod";
import { pageQuery, pageReply } from "../http/page.ts";
import { forcedPolicies } from "../projects/contract.ts";

export const environmentName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, "expected small letters, digits and -")
  .describe("Name of an environment, such as production.");

const stackPattern = z
  .string()
  .regex(
    /^[A-Za-z0-9_.*-]{1,100}(\/[A-Za-z0-9_.*-]{1,100})?$/,
    "expected STACK or PROJECT/STACK, * for any text",
  );

export const environmentStacks = z.strictObject({
  stacks: z
    .array(stackPattern)
    .min(1)
    .max(100)
    .describe("Its stacks: STACK in every project, or PROJECT/STACK; * stands for any text."),
});
export type EnvironmentStacks = z.output<typeof environmentStacks>;

export const newEnvironment = environmentStacks.extend({ name: environmentName });
export type NewEnvironment = z.output<typeof newEnvironment>;

/** Packs are code of one project, so an environment has none. */
export const environmentPolicies = forcedPolicies.omit({ packs: true });
export type EnvironmentPolicies = z.output<typeof environmentPolicies>;
export const environmentPoliciesReply = z.object({
  policies: environmentPolicies.nullable().describe("null: none are forced."),
});

export const environment = environmentStacks.extend({
  name: z.string(),
  policies: environmentPolicies.nullable().describe("Forced on every update of its stacks; null: none are."),
  createdAt: z.string(),
});
export type Environment = z.output<typeof environment>;
export const environmentPage = pageReply(environment);
export const environmentQuery = pageQuery;
export const environmentParams = z.strictObject({ environment: environmentName });
