import { z } from "zod";
import { hostReference } from "../host-actions/contract.ts";

export const probeNames = [
  "run-queue",
  "disk-latency",
  "system-calls",
  "programs-started",
  "tcp-retransmits",
] as const;

const unit = z.enum(["microseconds"]).nullable().describe("Of a histogram's values; null: it counts.");
export const probeList = z.object({
  items: z.array(z.object({ name: z.enum(probeNames), summary: z.string(), unit })),
});

export const traceRequest = z.strictObject({
  host: hostReference,
  probe: z
    .enum(probeNames)
    .describe("One of those that GET /api/v1/traces lists: no other program ever runs."),
  seconds: z.int().min(1).max(60).default(5).describe("How long it looks."),
});
export type TraceRequest = z.output<typeof traceRequest>;

export const traced = z.object({
  host: z.string(),
  probe: z.enum(probeNames),
  seconds: z.number(),
  unit,
  counts: z.array(z.object({ of: z.string(), count: z.number() })).describe("Most first."),
  histogram: z
    .array(z.object({ min: z.number().nullable(), max: z.number().nullable(), count: z.number() }))
    .describe("Values from min to max; null: without an end."),
});
export type TracedReply = z.output<typeof traced>;
