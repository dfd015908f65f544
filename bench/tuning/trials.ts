import {
  compare,
  isCheckpoint,
  isEnough,
  nextFour,
  type Pair,
  pairsOf,
  type Random,
} from "../../host-provisioning/benchmark/index.ts";

/** Milliseconds of runs one after another, nothing changed between them, by workload. */
export type Recording = Record<string, number[]>;

/** As many pairs as a trial takes at most; 20 minutes on a host give many more. */
const mostPairs = 640;

/**
 * One benchmark of a change that makes every run `effect` times as long, on runs that were really measured: fours
 * of neighbours in time, drawn with replacement, so that the machine's drift and its outliers are in it.
 */
export function resampledTrial(runs: readonly number[], effect: number, random: Random) {
  const pairs: Pair[] = [];
  while (pairs.length < mostPairs && !(isCheckpoint(pairs.length) && isEnough(pairs))) {
    const start = Math.floor(random() * (runs.length - 3));
    const order = nextFour(random);
    const values = order.map(
      (which, index) => (runs[start + index] as number) * (which === "after" ? effect : 1),
    );
    pairs.push(...pairsOf(order, values));
  }
  return compare(pairs, "lower", random);
}

export interface Rates {
  trials: number;
  /** Share of trials without any change that are called better or worse. */
  falsePositives: number;
  /** Share of trials with a change of 5 %, up or down by turns, that are called what they are. */
  found: number;
}

/** @param trials of each kind, spread evenly over the workloads. */
export function ratesOf(recording: Recording, trials: number, random: Random): Rates {
  const series = Object.values(recording);
  let falsePositives = 0;
  let found = 0;
  for (let trial = 0; trial < trials; trial++) {
    const runs = series[trial % series.length] as number[];
    const { verdict } = resampledTrial(runs, 1, random);
    if (verdict === "better" || verdict === "worse") falsePositives++;
    const isSlower = Math.floor(trial / series.length) % 2 === 0;
    const changed = resampledTrial(runs, isSlower ? 1.05 : 1 / 1.05, random);
    if (changed.verdict === (isSlower ? "worse" : "better")) found++;
  }
  return { trials, falsePositives: falsePositives / trials, found: found / trials };
}
