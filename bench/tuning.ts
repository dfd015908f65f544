/**
 * How honest the before/after benchmark of tuning is: how often it calls a difference where there is none, and how
 * often it finds one of 5 %. By resampling runs that were recorded on a real machine, then by live runs here.
 *
 *   npm run bench -- tuning [--trials 400] [--live 5] [--seconds 20] [--record RUNS]
 *
 * A live run is a whole benchmark of nothing, of SECONDS at most. --record measures RUNS runs of each workload here,
 * and adds them to bench/tuning/recorded.json, where the trials draw from.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import {
  addMeasured,
  judgeMeasured,
  nextPairs,
  nothingMeasured,
  resultLine,
  seeded,
  workloadNames,
} from "../host-provisioning/benchmark/index.ts";
import { report } from "./report.ts";
import { type MeasuredMachine, openMachine } from "./tuning/machine.ts";
import { type Recording, ratesOf, recorded } from "./tuning/trials.ts";

const { values } = parseArgs({
  options: {
    trials: { type: "string", default: "400" },
    live: { type: "string", default: "5" },
    seconds: { type: "string", default: "20" },
    record: { type: "string" },
  },
});
const file = new URL("./tuning/recorded.json", import.meta.url);
/** Runs between two lines of progress. */
const part = 20;

const machine = openMachine();
try {
  if (values.record !== undefined) await record(machine, Number(values.record));
  const recording = JSON.parse(readFileSync(file, "utf8")) as Recording;
  const rates = ratesOf(recording, Number(values.trials), seeded(20_260_101), (name, each) =>
    console.log(`${name}: ${each.trials} trials, ${each.falsePositives} false, ${each.found} found`),
  );
  const live = await runLive(machine, Number(values.live));
  const isMet = report("tuning", [
    { metric: "trials", value: rates.trials, unit: "count" },
    {
      metric: "aa_false_positive_rate",
      value: rates.falsePositives / rates.trials,
      unit: "share",
      goal: { atMost: 0.05 },
    },
    { metric: "power_5_percent", value: rates.found / rates.trials, unit: "share", goal: { atLeast: 0.9 } },
    { metric: "live_runs", value: live.runs, unit: "count" },
    { metric: "live_verdicts", value: live.verdicts, unit: "count" },
    { metric: "live_aa_called_different", value: live.different, unit: "count" },
    { metric: "live_half_width_percent", value: live.halfWidthPercent, unit: "%" },
  ]);
  process.exitCode = isMet ? 0 : 1;
} finally {
  machine.close();
}

/** All workloads by turns, as on hosts; what is recorded is kept part by part, so an end in between loses little. */
async function record({ measure }: MeasuredMachine, runs: number): Promise<void> {
  let recording: Recording = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  for (let done = 0; done < runs; done += part) {
    recording = recorded(recording, await measure(part / 2));
    writeFileSync(file, `${JSON.stringify(recording)}\n`);
    console.log(`recorded ${done + part} of ${runs} runs of each workload`);
  }
}

/** Benchmarks of nothing: both sides are the machine as it is. */
async function runLive({ measure }: MeasuredMachine, runs: number) {
  const options = { workloads: workloadNames, seconds: Number(values.seconds) };
  let [verdicts, different, widths] = [0, 0, 0];
  for (let run = 1; run <= runs; run++) {
    let measured = nothingMeasured;
    for (let pairs = nextPairs(measured, options); pairs > 0; pairs = nextPairs(measured, options))
      measured = addMeasured(measured, await measure(pairs));
    const { workloads } = judgeMeasured(measured, options, { isChange: false });
    console.log([`live run ${run} of ${runs}:`, ...workloads.map(resultLine)].join("\n  "));
    verdicts += workloads.length;
    different += workloads.filter(({ verdict }) => verdict === "better" || verdict === "worse").length;
    for (const { low, high } of workloads) widths += ((high - low) / 2) * 100;
  }
  return { runs, verdicts, different, halfWidthPercent: widths / Math.max(1, verdicts) };
}
