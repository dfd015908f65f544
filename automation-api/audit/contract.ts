import { z } from "zod";
import { pageQuery, pageReply } from "../http/page.ts";

const filter = {
  actor: z.string().min(1).max(100).optional().describe("Name or id of who did it."),
  action: z.string().min(1).max(100).optional().describe("Such as `deployment.create`."),
  object: z.string().min(1).max(300).optional().describe("Id of what it was done to."),
  requestId: z.string().min(1).max(64).optional(),
  from: z.iso.datetime({ offset: true }).optional().describe("Not before this time."),
  to: z.iso.datetime({ offset: true }).optional().describe("Before this time."),
};

export const auditQuery = pageQuery.extend(filter);
export const exportQuery = z.strictObject({
  ...filter,
  format: z.enum(["json", "csv"]).default("json").describe("JSON: one object per line."),
});

export const auditRow = z.object({
  id: z.string(),
  at: z.string(),
  actor: z.string(),
  actorId: z.string(),
  action: z.string(),
  object: z.string(),
  phase: z.enum(["intent", "result"]),
  result: z.string().nullable(),
  requestId: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()),
  sequence: z.string().nullable().describe("Place in the chain; null until the row is sealed."),
  hash: z.string().nullable(),
});
export type AuditRow = z.output<typeof auditRow>;

export const auditPage = pageReply(auditRow);

export const verification = z.object({
  ok: z.boolean(),
  sealedRows: z.string(),
  head: z.string().describe("Hash of the last sealed row."),
  unsealedRows: z.number(),
  oldestUnsealedSeconds: z.number(),
  checkpoints: z.number().describe("Signed heads that the chain was compared with."),
  lastCheckpoint: z.object({ sequence: z.string(), at: z.string() }).nullable(),
  faults: z
    .array(
      z.object({
        kind: z.enum(["edited", "gap", "missing", "cut-tail", "restamped", "bad-signature"]),
        sequence: z.string().nullable(),
        auditId: z.string().nullable(),
        message: z.string(),
      }),
    )
    .describe("The first names the first bad row."),
  warnings: z.array(z.string()),
});
export type Verification = z.output<typeof verification>;

export const keyRotation = z.object({ before: z.string(), after: z.string() });
