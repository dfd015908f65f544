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

/** With the runs that a measurement of nothing printed behind those before. */
export function recorded(before: Recording, output: string): Recording {
  const recording = { ...before };
  for (const line of output.split("\n")) {
    const [kind, name = "", , ...runs] = line.split(" ");
    if (kind === "quad") recording[name] = [...(recording[name] ?? []), ...runs.map(Number)];
  }
  return recording;
}

/** As many pairs as a trial takes at most: the last look within the 20 minutes of a host, which give some 1,400. */
const mostPairs = 1280;

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

/** Counts of trials. */
export interface Rates {
  trials: number;
  /** Without any change, and called better or worse. */
  falsePositives: number;
  /** With a change of 5 %, up or down by turns, and called what they are. */
  found: number;
}

/**
 * @param trials of each kind, spread evenly over the workloads.
 * @param tell gets the rates of each workload when its trials are done.
 */
export function ratesOf(
  recording: Recording,
  trials: number,
  random: Random,
  tell: (name: string, rates: Rates) => void = () => {},
): Rates {
  const all: Rates = { trials: 0, falsePositives: 0, found: 0 };
  const series = Object.entries(recording);
  for (const [index, [name, runs]] of series.entries()) {
    const own: Rates = { trials: 0, falsePositives: 0, found: 0 };
    const end = Math.round((trials * (index + 1)) / series.length);
    for (; all.trials + own.trials < end; own.trials++) {
      const { verdict } = resampledTrial(runs, 1, random);
      if (verdict === "better" || verdict === "worse") own.falsePositives++;
      const isSlower = own.trials % 2 === 0;
      const changed = resampledTrial(runs, isSlower ? 1.05 : 1 / 1.05, random);
      if (changed.verdict === (isSlower ? "worse" : "better")) own.found++;
    }
    tell(name, own);
    for (const count of ["trials", "falsePositives", "found"] as const) all[count] += own[count];
  }
  return all;
}
