import { z } from "zod";

export const health = z.object({ status: z.literal("ok") });

export const readiness = z.object({
  status: z.enum(["ready", "not ready"]),
  checks: z.record(z.string(), z.object({ ok: z.boolean(), message: z.string().optional() })),
});

export const systemStatus = z.object({
  version: z.string(),
  schema: z.string().describe("Last migration of the database."),
  startedAt: z.string(),
  organization: z.object({ id: z.string(), name: z.string() }),
  engine: z.object({ version: z.string() }).nullable().describe("The pulumi engine that runs deployments."),
  database: z.object({ version: z.string(), embedded: z.boolean() }),
  deployments: z
    .record(z.string(), z.number())
    .describe("Those that you may see, by state; ended ones of 24 hours."),
  workers: z
    .array(
      z.object({
        id: z.string(),
        alive: z.boolean(),
        slots: z.number(),
        running: z.number(),
        startedAt: z.string(),
        heartbeatAt: z.string(),
      }),
    )
    .optional()
    .describe("With system:manage."),
  disk: z
    .object({ databaseBytes: z.number(), dataFreeBytes: z.number(), dataTotalBytes: z.number() })
    .optional()
    .describe("With system:manage."),
  stacks: z
    .array(z.object({ project: z.string(), stack: z.string(), bytes: z.number() }))
    .optional()
    .describe("The 20 stacks whose stored state is largest. With system:manage."),
});
export type SystemStatus = z.output<typeof systemStatus>;
