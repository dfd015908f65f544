import { z } from "zod";
import { costChange } from "../costs/contract.ts";
import { eventQuery } from "../events/contract.ts";
import { pageQuery, pageReply } from "../http/page.ts";
import { programReference } from "../programs/contract.ts";
import { projectName, stackName, updateParams } from "../projects/contract.ts";

export const operations = ["preview", "update", "refresh", "destroy"] as const;
export type Operation = (typeof operations)[number];

export const deploymentStates = ["queued", "running", "succeeded", "failed", "cancelled"] as const;
export type DeploymentState = (typeof deploymentStates)[number];

const urns = z
  .array(
    z
      .string()
      .max(2000)
      .regex(/^urn:pulumi:[^:\s]+::[^:\s]+::.+::.+$/, "expected urn:pulumi:…"),
  )
  .min(1)
  .max(1000);

export const deploymentOptions = z.strictObject({
  targets: urns.optional().describe("URNs of the only resources that are touched."),
  replace: urns.optional().describe("URNs of resources that are made anew. Preview and update only."),
  parallel: z.number().int().min(1).max(256).optional().describe("Resource operations at once."),
  refreshFirst: z.boolean().optional().describe("Read the real state before comparing."),
  continueOnError: z.boolean().optional().describe("Go on with what does not depend on the failed resource."),
});
export type DeploymentOptions = z.output<typeof deploymentOptions>;

/** Operations on which an option has an effect; the others refuse it. */
export const optionOperations: Record<keyof DeploymentOptions, readonly Operation[]> = {
  targets: operations,
  replace: ["preview", "update"],
  parallel: operations,
  refreshFirst: ["preview", "update", "destroy"],
  continueOnError: ["update", "destroy"],
};

/** `key`, or `namespace:key`. */
const configKey = z
  .string()
  .max(200)
  .regex(/^(?:[A-Za-z0-9_.-]+:)?[A-Za-z0-9_][A-Za-z0-9_./-]*$/, "expected key or namespace:key");
const configValues = z.record(configKey, z.json());

export const newDeployment = z
  .strictObject({
    project: projectName,
    stack: stackName,
    operation: z.enum(operations),
    program: programReference.optional().describe("Default: the program of the stack's last deployment."),
    config: configValues
      .optional()
      .describe("Merged into the stack's configuration when the deployment starts; null removes a key."),
    secrets: configValues.optional().describe("The same, stored encrypted and never shown."),
    message: z.string().max(1000).default("").describe("Why: shown in lists and history."),
    options: deploymentOptions.default({}),
  })
  .superRefine((input, context) => {
    for (const option of Object.keys(input.options) as (keyof DeploymentOptions)[]) {
      if (input.options[option] === undefined || optionOperations[option].includes(input.operation)) continue;
      const message = `has no effect on ${input.operation}; it is for ${optionOperations[option].join(", ")}`;
      context.addIssue({ code: "custom", path: ["options", option], message });
    }
  });
export type NewDeployment = z.output<typeof newDeployment>;

export const waitingFor = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("deployment"), id: z.string() }),
  z.object({
    kind: z.literal("person"),
    name: z.string(),
    command: z.string().describe("What that person runs, such as `pulumi up`."),
  }),
]);
export type WaitingFor = z.output<typeof waitingFor>;

const diagnostic = z.object({ severity: z.string(), message: z.string(), urn: z.string().optional() });

export const deploymentSummary = z.object({
  id: z.string(),
  state: z.enum(deploymentStates),
  project: z.string(),
  stack: z.string(),
  operation: z.enum(operations),
  position: z.number().describe("Deployments of the same stack before this one; 0 once it runs."),
  waitingFor: waitingFor.nullable(),
  program: z.unknown().describe("The program reference that was given, or inherited."),
  message: z.string(),
  requester: z.object({ id: z.string(), name: z.string() }),
  version: z.number().nullable().describe("Version of the state that it published."),
  changes: z
    .record(z.string(), z.number())
    .describe("Resources by what was done: create, update, delete, same …"),
  error: z.string().nullable(),
  attempt: z.number().describe("How often an engine was started for it."),
  cancelRequested: z.object({ at: z.string(), by: z.string().nullable() }).nullable(),
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
});
export type DeploymentSummary = z.output<typeof deploymentSummary>;

export const deployment = deploymentSummary.extend({
  options: deploymentOptions,
  outputs: z
    .record(z.string(), z.unknown())
    .describe('Outputs of the stack; a secret one is {"secret": true}.'),
  diagnostics: z.array(diagnostic),
  timings: z.record(z.string(), z.number()).describe("Milliseconds by step."),
  updateId: z.string().nullable(),
  cost: costChange
    .nullable()
    .describe(
      "Of a preview and an update; null: of other operations, and where its states are not kept any more.",
    ),
});
export type Deployment = z.output<typeof deployment>;

export const deploymentPage = pageReply(deploymentSummary);
export const deploymentParams = z.strictObject({
  id: z.string().regex(/^dep_[0-9a-z]{26}$/, "expected dep_…"),
});
export const deploymentQuery = pageQuery.extend({
  project: projectName.optional(),
  stack: stackName.optional(),
  state: z.enum(deploymentStates).optional(),
  operation: z.enum(operations).optional(),
});
export type DeploymentQuery = z.output<typeof deploymentQuery>;
export const deploymentEventQuery = eventQuery;

/** What a WebSocket at /hubs/tasks follows: one of the two. */
export const hubQuery = eventQuery.extend({
  deployment: deploymentParams.shape.id.optional(),
  update: updateParams.shape.id.optional(),
});
