import { z } from "zod";
import { eventQuery } from "../events/contract.ts";
import { pageQuery, pageReply } from "../http/page.ts";
import { programReference } from "../programs/contract.ts";

/** Pulumi's rule for names, less what a path would take for a folder. */
const name = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,100}$/, "expected 1 to 100 letters, digits or _ . -")
  .refine((text) => text !== "." && text !== "..", "must not be . or ..");
export const projectName = name.describe("Name of a project.");
export const stackName = name.describe("Name of a stack in its project.");

export const project = z.object({ name: z.string(), stacks: z.number(), createdAt: z.string() });
export type Project = z.output<typeof project>;
export const projectPage = pageReply(project);
export const projectQuery = pageQuery;

const updateKinds = ["preview", "update", "refresh", "destroy", "import"] as const;
const updateStates = ["created", "running", "succeeded", "failed", "cancelled"] as const;

export const update = z.object({
  id: z.string(),
  kind: z.enum(updateKinds),
  state: z.enum(updateStates),
  version: z.number().nullable().describe("Version of the state that it published."),
  requester: z.string(),
  message: z.string(),
  deployment: z
    .string()
    .nullable()
    .describe("The deployment that ran it; null: a person did, by the pulumi command."),
  changes: z.record(z.string(), z.number()),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
});
export type Update = z.output<typeof update>;
export const updatePage = pageReply(update);
export const historyQuery = pageQuery;

export const stackSummary = z.object({
  project: z.string(),
  stack: z.string(),
  version: z.number().describe("Version of its newest state; 0: none yet."),
  resources: z.number(),
  lastUpdate: update.nullable(),
  running: z
    .object({
      update: z.string(),
      kind: z.enum(updateKinds),
      by: z.string(),
      deployment: z.string().nullable(),
    })
    .nullable()
    .describe("The update that holds the stack now."),
  queued: z.number().describe("Deployments that wait for it."),
  createdAt: z.string(),
  deletedAt: z.string().nullable(),
});
export type StackSummary = z.output<typeof stackSummary>;
export const stackPage = pageReply(stackSummary);
export const stackQuery = pageQuery.extend({
  project: projectName.optional(),
  deleted: z.stringbool().default(false).describe("true: stacks that were deleted and can be had back."),
});

export const stackResource = z.object({
  urn: z.string(),
  type: z.string(),
  name: z.string(),
  id: z.string().nullable().describe("The provider's id."),
  parent: z.string().nullable(),
});
export type StackResource = z.output<typeof stackResource>;

export const stack = stackSummary.extend({
  tags: z.record(z.string(), z.string()),
  config: z
    .record(z.string(), z.union([z.object({ value: z.string() }), z.object({ secret: z.literal(true) })]))
    .describe("The stored configuration; secret values are not shown."),
  outputs: z.record(z.string(), z.unknown()).describe('A secret output is {"secret": true}.'),
  resourceList: z
    .array(stackResource)
    .describe("Resources of the newest state, at most 1,000; all by /api/v1/resources."),
  history: z.array(update).describe("The newest ten updates."),
});
export type Stack = z.output<typeof stack>;
export const stackParams = z.strictObject({ project: projectName, stack: stackName });

export const foundResource = stackResource.extend({ project: z.string(), stack: z.string() });
export type FoundResource = z.output<typeof foundResource>;
export const resourcePage = pageReply(foundResource);
export const resourceQuery = pageQuery.extend({
  project: projectName.optional(),
  stack: stackName.optional(),
  type: z.string().min(1).max(200).optional().describe("Exact type, such as command:local:Command."),
  text: z.string().min(1).max(200).optional().describe("Part of a URN, name or id, in any case."),
});
export type ResourceQuery = z.output<typeof resourceQuery>;

export const updateParams = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9_-]{8,64}$/, "expected an update's id"),
});
export const updateEventQuery = eventQuery;

export const deleteQuery = z.strictObject({
  force: z
    .stringbool()
    .default(false)
    .describe("true: also with resources, which are then forgotten, not destroyed."),
});

const policyLevel = z
  .enum(["mandatory", "advisory"])
  .nullable()
  .default(null)
  .describe("For every policy whose level is not set; null: each has its own.");
const policySettings = z
  .record(z.string(), z.union([z.string(), z.record(z.string(), z.unknown())]))
  .default({});

export const ownPack = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,62}$/, "expected small letters, digits and -")
    .refine((text) => text !== "roost", "is the name of the policies that come with Roost")
    .describe("What it is called here, in errors and logs."),
  source: programReference
    .refine(({ builtin }) => builtin === undefined, "expected a folder, an archive or a git reference")
    .describe("Where its code is: a folder, an uploaded archive or a git reference, as of programs."),
  level: policyLevel,
  settings: policySettings.describe("As the pack defines them, in the same form."),
});
export type OwnPack = z.output<typeof ownPack>;

const graphResource = z.object({
  urn: z.string(),
  type: z.string(),
  name: z.string(),
  parent: z.string().optional(),
  custom: z.boolean().describe("false: a component."),
  read: z.string().optional().describe("Id of what is only read."),
  inputs: z.record(z.string(), z.unknown()).describe('A secret is "[secret]".'),
  references: z.record(z.string(), z.array(z.string())).describe("Input → URNs of what it is made from."),
  dependsOn: z.array(z.string()),
  options: z.object({ protect: z.boolean().optional(), provider: z.string().optional() }),
});
export type GraphResource = z.output<typeof graphResource>;
export const stackGraph = z
  .object({
    format: z.literal("roost-graph/1"),
    project: z.string(),
    stack: z.string(),
    resources: z.array(graphResource),
    outputs: z.record(z.string(), z.unknown()),
  })
  .describe("A state in the form that policies, exporters and estimates read.");
export type StackGraph = z.output<typeof stackGraph>;

export const forcedPolicies = z.strictObject({
  level: policyLevel,
  settings: policySettings.describe(
    "Policy → level, or enforcementLevel, exceptions and settings of its own; all: for those not named.",
  ),
  packs: z
    .array(ownPack)
    .max(5)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "names must differ")
    .default([])
    .describe("Policy packs of the project's own, which run beside the policies of Roost."),
  allowCommandLine: z
    .boolean()
    .default(false)
    .describe("true: people may update by their own pulumi command, which runs only what they tell it to."),
});
export type ForcedPolicies = z.output<typeof forcedPolicies>;
export const forcedPoliciesReply = z.object({
  policies: forcedPolicies.nullable().describe("null: none are forced."),
});
export const projectParams = z.strictObject({ project: projectName });
