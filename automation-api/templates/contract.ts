import { z } from "zod";
import { pageQuery, pageReply } from "../http/page.ts";
import { projectName } from "../projects/contract.ts";

export const targets = ["process", "docker", "ecs"] as const;
export type TargetName = (typeof targets)[number];

export const templateName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/, "expected 1 to 40 small letters, digits or - inside")
  .describe("Name of a template; one organization has each name once.");
const templateId = z.string().regex(/^tpl_[0-9a-z]{26}$/, "expected tpl_…");

const line = z
  .string()
  .max(32_000)
  .regex(/^\P{Cc}*$/u, "must be text without control characters");
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, "expected the name of a variable");
const variables = z
  .record(variable, line)
  .refine((map) => Object.keys(map).length <= 200, "expected at most 200 variables");
const path = z
  .string()
  .max(500)
  .regex(/^\/[^\s\p{Cc}]*$/u, "expected a path that starts with /");

const id = z.string().regex(/^[\w:/.-]{1,300}$/, "expected an id or ARN");
/** What RunTask is given for a template, and no more of it: who may write templates may not reach further. */
const ecsSettings = z.strictObject({
  containerName: z.string().regex(/^[\w-]{1,255}$/, "expected the name of a container"),
  runTask: z.strictObject({
    cluster: id,
    taskDefinition: id.describe("ARN of a revision; it names the image."),
    capacityProviderStrategy: z
      .array(
        z.strictObject({
          capacityProvider: z.enum(["FARGATE", "FARGATE_SPOT"]),
          weight: z.int().min(0).max(1_000),
        }),
      )
      .min(1)
      .max(2),
    networkConfiguration: z.strictObject({
      awsvpcConfiguration: z.strictObject({
        subnets: z.array(id).min(1).max(16),
        securityGroups: z.array(id).min(1).max(5),
        assignPublicIp: z.enum(["DISABLED", "ENABLED"]).default("DISABLED"),
      }),
    }),
    platformVersion: z
      .string()
      .regex(/^(LATEST|\d+\.\d+\.\d+)$/, "expected LATEST or 1.4.0")
      .default("LATEST"),
    enableExecuteCommand: z.boolean().default(false),
    enableECSManagedTags: z.boolean().default(true),
    propagateTags: z.enum(["TASK_DEFINITION"]).default("TASK_DEFINITION"),
    tags: z
      .array(
        z.strictObject({
          key: z.string().regex(/^[\w:/.@+=-]{1,128}$/, "expected the key of a tag"),
          value: z.string().regex(/^[\w:/.@+= -]{0,256}$/, "expected the value of a tag"),
        }),
      )
      .max(40)
      .default([])
      .refine(
        (tags) => !tags.some(({ key }) => ["roost:session", "roost:installation"].includes(key)),
        "roost:session and roost:installation are given by the server",
      ),
  }),
});

export const workload = z.strictObject({
  command: z
    .array(line)
    .min(1)
    .max(200)
    .optional()
    .describe("Program and arguments; with an image what it runs instead of its own."),
  program: z
    .strictObject({
      name: z
        .string()
        .regex(/^\w[\w.-]{0,99}\.(js|mjs|cjs|ts|mts|cts)$/, "expected the name of a Node program"),
      text: z.string().min(1).max(500_000),
    })
    .optional()
    .describe("A Node program of one file, instead of a command. Target process only."),
  image: z
    .string()
    .max(500)
    .regex(
      /^([a-z0-9][\w.:/-]*@)?sha256:[0-9a-f]{64}$/,
      "expected an image by digest, name@sha256:…, or by id, sha256:…",
    )
    .optional()
    .describe(
      "What docker runs, by digest: what was tested is what users get. By id: one that the daemon has already.",
    ),
  port: z
    .int()
    .min(1)
    .max(65_535)
    .default(8080)
    .describe("Port that it listens on, by HTTP. It finds it as PORT."),
  environment: variables.default({}).describe("Beside HOST, PORT, HOME and SESSION_ID. Not for secrets."),
  cpu: z.int().min(64).max(16_384).optional().describe("CPU units, 1024 to a virtual processor."),
  memoryMiB: z.int().min(64).max(122_880).optional(),
  healthPath: path
    .optional()
    .describe(
      "Answers a status below 400 when it is ready. Default: it is when its port takes a connection.",
    ),
  ecs: ecsSettings
    .optional()
    .describe("For the target ecs: what the stack `sessions` gives out for one of its templates."),
  introducePath: path
    .optional()
    .describe(
      "Where it is told, once after a claim, whom it works for: POST {session, token}. It gets user and secrets for the token from POST /api/v1/sessions/{id}/identity. Default: it is not told.",
    ),
});
export type Workload = z.output<typeof workload>;

const pool = {
  floor: z.int().min(0).max(500).describe("Sessions that always wait for users; 0 lets it scale to none."),
  ceiling: z.int().min(0).max(500).describe("Sessions that wait at most."),
  paused: z.boolean().describe("true: none waits, and starts are cold."),
};
const idleSeconds = z.int().min(60).max(2_592_000).nullable().describe("Without a byte; null: for ever.");
const lifeSeconds = z
  .int()
  .min(30)
  .max(2_592_000)
  .describe("From the claim, whatever happens, until it is extended.");
const quotas = {
  perUser: z
    .int()
    .min(1)
    .max(10_000)
    .describe("Sessions that one user has at once, over all templates of the project."),
  inAll: z
    .int()
    .min(1)
    .max(50_000)
    .nullable()
    .describe(
      "Sessions of users at once, of this template; null: no limit. With one, claims wait for each other.",
    ),
};
const isolation = z
  .enum(["required", "preferred"])
  .describe("required: refused on a target that cannot keep sessions from reaching each other.");

export const newTemplate = z.strictObject({
  name: templateName,
  project: projectName.default("sessions"),
  target: z.enum(targets).default("process").describe("Where its sessions run."),
  isolation: isolation.default("preferred"),
  workload,
  secretEnvironment: variables
    .default({})
    .describe("More of its environment, kept encrypted and never shown."),
  pool: z
    .strictObject({
      floor: pool.floor.default(0),
      ceiling: pool.ceiling.default(20),
      paused: pool.paused.default(false),
    })
    .default({ floor: 0, ceiling: 20, paused: false }),
  idleSeconds: idleSeconds.default(1_800),
  lifeSeconds: lifeSeconds.default(28_800),
  quotas: z
    .strictObject({ perUser: quotas.perUser.default(3), inAll: quotas.inAll.default(null) })
    .default({ perUser: 3, inAll: null }),
});
export type NewTemplate = z.output<typeof newTemplate>;

export const templatePatch = z.strictObject({
  isolation: isolation.optional(),
  workload: workload.optional().describe("Replaces all of it. Sessions of users keep what they have."),
  secretEnvironment: variables.optional().describe("Replaces all of it."),
  pool: z
    .strictObject({
      floor: pool.floor.optional(),
      ceiling: pool.ceiling.optional(),
      paused: pool.paused.optional(),
    })
    .optional(),
  idleSeconds: idleSeconds.optional(),
  lifeSeconds: lifeSeconds.optional(),
  quotas: z.strictObject({ perUser: quotas.perUser.optional(), inAll: quotas.inAll.optional() }).optional(),
});
export type TemplatePatch = z.output<typeof templatePatch>;

export const template = z.object({
  id: z.string(),
  name: z.string(),
  project: z.string(),
  target: z.enum(targets),
  isolation: z.enum(["required", "preferred"]),
  revision: z.number().describe("Raised by each change of the workload or its secrets."),
  workload,
  secretNames: z.array(z.string()).describe("Names in secretEnvironment; values are never shown."),
  pool: z.object(pool),
  idleSeconds: z.number().nullable(),
  lifeSeconds: z.number(),
  quotas: z.object(quotas),
  sessions: z
    .object({ warm: z.number(), starting: z.number(), active: z.number(), stopping: z.number() })
    .describe("How many there are now."),
  version: z.number().describe("Raised by each change; the ETag."),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type Template = z.output<typeof template>;
export const templatePage = pageReply(template);
export const templateParams = z.strictObject({ id: templateId });
export const templateQuery = pageQuery.extend({
  name: templateName.optional().describe("The one of this name."),
});
export type TemplateQuery = z.output<typeof templateQuery>;
