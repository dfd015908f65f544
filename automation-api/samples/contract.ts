import { z } from "zod";

const hostId = z.string().regex(/^hst_[0-9a-z]{26}$/, "expected hst_…");

export const samplesParams = z.strictObject({ id: hostId });
export const samplingRequest = z.strictObject({
  seconds: z
    .int()
    .min(10)
    .max(3600)
    .optional()
    .describe("How often. Default: ROOST_SAMPLE_SECONDS of the server."),
});
export const sampling = z.object({
  seconds: z.number(),
  nextAt: z.string(),
  failures: z.number().describe("Tries in a row that went wrong; each makes the pause longer."),
  fault: z.string().nullable().describe("Why the last one went wrong."),
});
export type Sampling = z.output<typeof sampling>;

const time = z.iso.datetime({ offset: true });
export const samplesQuery = z.strictObject({
  from: time.optional().describe("Default: a day before `to`."),
  to: time.optional().describe("Default: now."),
  step: z.coerce
    .number()
    .int()
    .min(10)
    .max(86_400)
    .optional()
    .describe("Seconds that are told of as one. Default: such that there are 200 at most."),
});
export type SamplesQuery = z.output<typeof samplesQuery>;

const share = z.number().describe("Percent.");
export const sample = z.object({
  at: z.string().describe("End of the time that it tells of."),
  seconds: z.number().describe("Length of that time."),
  cpuPercent: share,
  memoryPercent: share,
  swapUsedBytes: z.number(),
  readBytesPerSecond: z.number(),
  writtenBytesPerSecond: z.number(),
  diskPercent: share.nullable().describe("How full the root file system was."),
  cpuPressurePercent: share.nullable().describe("Share of the time in which something waited (PSI, some)."),
  ioPressurePercent: share.nullable(),
  memoryPressurePercent: share.nullable(),
});
export const samples = z.object({
  host: z.object({ id: z.string(), name: z.string() }),
  sampling: sampling.nullable().describe("null: it is not sampled now."),
  from: z.string(),
  to: z.string(),
  stepSeconds: z.number(),
  samples: z.array(sample).describe("Oldest first."),
});
export type Samples = z.output<typeof samples>;
