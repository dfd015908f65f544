import { z } from "zod";
import { secretText, structured } from "../fields.ts";

const sessionId = z.string().regex(/^ses_[0-9a-z]{26}$/, "must be the id of a session");
const batchId = z.string().regex(/^bat_[0-9a-z]{26}$/, "must be the id of a batch");
const revision = z.string().regex(/^[1-9]\d{0,8}$/, "must be the number of a revision");

/** Written by the server, from its ledger: one shard of a template's sessions. */
export const sessionShardConfig = z.strictObject({
  target: z.enum(["process", "docker", "ecs"]).describe("Where the sessions run."),
  workloads: structured(z.record(revision, z.looseObject({ port: z.number() }))).describe(
    "What sessions run, by revision of their template.",
  ),
  secretEnvironments: secretText()
    .optional()
    .describe("JSON: more of their environment, by revision, as names with texts."),
  sessions: structured(
    z
      .array(
        z.strictObject({
          id: sessionId,
          revision: z.number().int().min(1),
          batch: batchId.optional(),
        }),
      )
      .max(200),
  ).describe("Sessions that there are to be. Who has one, and until when, is no business of the stack."),
  starts: structured(z.array(sessionId).max(200))
    .default([])
    .describe("Those of them that the stack does not hold yet: somebody waits for them."),
  batches: structured(z.record(batchId, z.array(sessionId).min(1).max(10)))
    .optional()
    .describe("Starts that are one call, where the target counts calls: all that each was begun with."),
});

export type SessionShardConfig = z.infer<typeof sessionShardConfig>;
