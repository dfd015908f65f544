/**
 * How honest the before/after benchmark of tuning is: how often it calls a difference where there is none, and how
 * often it finds one of 5 %. By resampling runs that were recorded on a real machine, then by live runs here.
 *
 *   npm run bench -- tuning [--trials 400] [--live 5] [--record RUNS]
 *
 * --record measures RUNS runs of each workload here, and keeps them in bench/tuning/recorded.json.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  compare,
  isCheckpoint,
  isEnough,
  nextFour,
  pairsOf,
  seeded,
} from "../host-provisioning/benchmark/index.ts";
import { report } from "./report.ts";
import { type Recording, ratesOf } from "./tuning/trials.ts";
import { openWorkloads, type Workload } from "./tuning/workloads.ts";

const { values } = parseArgs({
  options: {
    trials: { type: "string", default: "400" },
    live: { type: "string", default: "5" },
    record: { type: "string" },
  },
});
const recorded = new URL("./tuning/recorded.json", import.meta.url);
const random = seeded(20_260_101);
const livePairs = 40;
const warmUps = 5;

const folder = mkdtempSync(join(tmpdir(), "roost-tuning-"));
const workloads = await openWorkloads(folder);
try {
  if (values.record !== undefined) await record(Number(values.record));
  const recording = JSON.parse(readFileSync(recorded, "utf8")) as Recording;
  const { trials, falsePositives, found } = ratesOf(recording, Number(values.trials), random);
  const live = await runLive(Number(values.live));
  const isMet = report("tuning", [
    { metric: "trials", value: trials, unit: "count" },
    { metric: "aa_false_positive_rate", value: falsePositives, unit: "share", goal: { atMost: 0.05 } },
    { metric: "power_5_percent", value: found, unit: "share", goal: { atLeast: 0.9 } },
    { metric: "live_runs", value: live.runs, unit: "count" },
    { metric: "live_aa_called_different", value: live.different, unit: "count" },
    { metric: "live_half_width_percent", value: live.halfWidthPercent, unit: "%" },
  ]);
  process.exitCode = isMet ? 0 : 1;
} finally {
  for (const workload of workloads) await workload.close();
  rmSync(folder, { recursive: true, force: true });
}

/** Workloads by turns, so that each one's neighbours are near in time and all see the whole span. */
async function record(runs: number): Promise<void> {
  const recording: Recording = Object.fromEntries(workloads.map(({ name }) => [name, []]));
  for (const workload of workloads) await warmUp(workload);
  for (let done = 0; done < runs; done += 4)
    for (const { name, run } of workloads)
      for (let index = 0; index < 4; index++) recording[name]?.push(Number((await run()).toFixed(5)));
  writeFileSync(recorded, `${JSON.stringify(recording)}\n`);
}

/** Benchmarks of nothing: both sides are the machine as it is. */
async function runLive(runs: number): Promise<{ runs: number; different: number; halfWidthPercent: number }> {
  let different = 0;
  let widths = 0;
  for (let done = 0; done < runs; done++) {
    const workload = workloads[done % workloads.length] as Workload;
    await warmUp(workload);
    const pairs: ReturnType<typeof pairsOf> = [];
    while (pairs.length < livePairs && !(isCheckpoint(pairs.length) && isEnough(pairs))) {
      const order = nextFour(random);
      const times: number[] = [];
      for (const _ of order) times.push(await workload.run());
      pairs.push(...pairsOf(order, times));
    }
    const { verdict, low, high } = compare(pairs, "lower", random);
    if (verdict === "better" || verdict === "worse") different++;
    widths += ((high - low) / 2) * 100;
    console.log(`${workload.name}: ${verdict} after ${pairs.length} pairs`);
  }
  return { runs, different, halfWidthPercent: runs === 0 ? 0 : widths / runs };
}

async function warmUp({ run }: Workload): Promise<void> {
  for (let index = 0; index < warmUps; index++) await run();
}
