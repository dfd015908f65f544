import { z } from "zod";
import { actionId, hostAction, hostReference, plannedAction } from "../host-actions/contract.ts";
import { optimized, profileName } from "../tuning/contract.ts";

export const workloads = ["processor", "memory", "disk", "loopback", "shell"] as const;

const workloadList = z
  .array(z.enum(workloads))
  .min(1)
  .refine((names) => new Set(names).size === names.length, "expected each name once")
  .default([...workloads])
  .describe("What is measured.");
const seconds = z
  .int()
  .min(5)
  .max(1200)
  .default(120)
  .describe("Of measuring, at most; it ends before when the intervals are narrower than 2 %.");

export const benchmarkRequest = z
  .strictObject({
    host: hostReference,
    change: z
      .enum(["none", "auto", "kernel", "memory", "disk", "network"])
      .default("none")
      .describe("What is tuned, and measured without and with it; none: the host is measured as it is."),
    profile: profileName.optional().describe("Default: what the host's hardware speaks for."),
    set: z
      .record(
        z.string().regex(/^[a-z0-9_]+(\.[A-Za-z0-9_-]+)+$/, "expected a name such as vm.swappiness"),
        z.union([
          z.int().transform(String),
          z.string().regex(/^[\x21-\x7e]+( [\x21-\x7e]+)*$/, "expected words on one line"),
        ]),
      )
      .optional()
      .describe("Kernel settings that are the change, instead of a profile's."),
    workloads: workloadList,
    seconds,
    dryRun: z
      .boolean()
      .default(false)
      .describe("Show what would be tuned only; carry it out by POST /api/v1/host-actions/{id}/execute."),
  })
  .refine(({ set, change, profile }) => set === undefined || (change === "none" && profile === undefined), {
    path: ["set"],
    message: "expected alone, without change and profile",
  });
export type BenchmarkRequest = z.output<typeof benchmarkRequest>;

export const benchmarkQuery = z.strictObject({ host: hostReference });
export const benchmarkParams = z.strictObject({ id: actionId });
export const resultQuery = z.strictObject({
  format: z.enum(["json", "svg"]).optional().describe("Default: by the Accept header, else json."),
});

/** What a benchmark of nothing has to tell before it runs. */
const asItIs = plannedAction.extend({ detail: z.object({ reason: z.string() }) });
export const plannedBenchmark = z.union([optimized, asItIs]);
export type PlannedBenchmark = z.output<typeof plannedBenchmark>;

/** Bounds are null for fewer than 6 pairs. */
const share = z.number().nullable();
export const benchmarkResult = z.object({
  workloads: z.array(
    z.object({
      name: z.enum(workloads),
      verdict: z
        .enum(["better", "worse", "same", "unclear"])
        .describe(
          "same: the whole interval is within 2 %; unclear: nothing speaks for the change or against it.",
        ),
      beforeMs: z.number().describe("Median without the change."),
      afterMs: z.number().describe("Median with it."),
      shift: z.number().describe("Share by which it takes longer with the change; 0.05: 5 %."),
      low: share.describe("Bounds of the 95 % confidence interval of the shift."),
      high: share,
      probability: z.number().describe("Of a permutation test: that the difference is chance."),
      pairs: z.number(),
      measured: z.array(z.object({ before: z.number(), after: z.number() })),
    }),
  ),
  isReverted: z.boolean().describe("Taken back, since at least one workload became worse."),
  wasQuiet: z
    .boolean()
    .nullable()
    .describe(
      "Whether under 1 % of the time something waited before it began; null: the kernel does not tell.",
    ),
  steal: z.number().describe("Share of the processors' time that a hypervisor took."),
  seconds: z.number(),
});

export const shownBenchmark = z.object({
  action: hostAction,
  result: benchmarkResult.nullable().describe("Null: it has not come to its end."),
});
export type ShownBenchmark = z.output<typeof shownBenchmark>;
