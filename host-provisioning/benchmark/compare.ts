import { type Random, shiftOf, signedRanks, signFlipTest } from "./statistics.ts";

/** One measurement without and one with the change, next to each other in time. */
export interface Pair {
  before: number;
  after: number;
}

export type Verdict = "better" | "worse" | "same" | "unclear";

export interface Comparison {
  verdict: Verdict;
  /** Share by which the values with the change are higher; 0.05: 5 %. */
  shift: number;
  /** Bounds of its 95 % confidence interval. */
  low: number;
  high: number;
  /** Of the permutation test. */
  probability: number;
  pairs: number;
}

/** Both directions of 2 % are the same to a user, and more than noise to nobody. */
export const equivalenceBand = 0.02;
export const leastPairs = 10;
/** Below the 5 % that a verdict promises: neighbours in time are not quite independent of each other. */
const significance = 0.01;

/**
 * Whether a change made something better. The ratios of pairs are judged, so slow drift of the machine cancels out.
 * better, worse: a permutation test says that it is no chance, and it is more than 2 %. same: the whole confidence
 * interval is within 2 %. unclear: neither, so nothing speaks for keeping the change but nothing against it.
 * @param wanted which way is better: `lower` for times, `higher` for rates.
 */
export function compare(pairs: readonly Pair[], wanted: "lower" | "higher", random: Random): Comparison {
  const ratios = pairs.map(({ before, after }) => Math.log(after / before));
  if (!ratios.every(Number.isFinite)) throw new Error("Measurements are numbers above zero.");
  const { estimate, low, high } = shiftOf(ratios);
  const probability = signFlipTest(signedRanks(ratios), random);
  const band = Math.log1p(equivalenceBand);
  const verdict = (): Verdict => {
    if (pairs.length < leastPairs) return "unclear";
    if (low > -band && high < band) return "same";
    if (probability > significance || Math.abs(estimate) <= band) return "unclear";
    return estimate < 0 === (wanted === "lower") ? "better" : "worse";
  };
  return {
    verdict: verdict(),
    shift: Math.expm1(estimate),
    low: Math.expm1(low),
    high: Math.expm1(high),
    probability,
    pairs: pairs.length,
  };
}

/**
 * Whether enough was measured: at least 10 pairs, and then the interval's half-width below 2 %, or the time is up.
 * It looks at the width alone, never at the result: to stop at the first significant one would find too many.
 */
export function isEnough(pairs: readonly Pair[], { elapsedSeconds = 0, mostSeconds = 1200 } = {}): boolean {
  if (pairs.length < leastPairs) return false;
  const { low, high } = shiftOf(pairs.map(({ before, after }) => Math.log(after / before)));
  return (high - low) / 2 < equivalenceBand || elapsedSeconds >= mostSeconds;
}

/** Whether it is time to look if it is enough: at 10 pairs, 20, 40, 80 … since each look is one more chance to stop at noise. */
export function isCheckpoint(pairs: number): boolean {
  return Number.isInteger(Math.log2(pairs / leastPairs));
}

/**
 * Order of measurements, four at a time: without, with, with, without, or the reverse by chance. A steady drift
 * weighs on both alike.
 */
export function nextFour(random: Random): ("before" | "after")[] {
  return random() < 0.5 ? ["before", "after", "after", "before"] : ["after", "before", "before", "after"];
}

/** Measurements in the order of `nextFour` as pairs of neighbours. */
export function pairsOf(order: readonly ("before" | "after")[], values: readonly number[]): Pair[] {
  const pairs: Pair[] = [];
  for (let index = 0; index + 1 < order.length; index += 2) {
    const [first, second] = [values[index] as number, values[index + 1] as number];
    const isBefore = order[index] === "before";
    pairs.push(isBefore ? { before: first, after: second } : { before: second, after: first });
  }
  return pairs;
}

/** Whether the change is taken back: as soon as it made one thing worse, whatever else it made better. */
export function isReverted(comparisons: readonly Comparison[]): boolean {
  return comparisons.some(({ verdict }) => verdict === "worse");
}

/**
 * Whether a machine is quiet enough for a measurement to count: nothing waited for a processor, for memory or for
 * a disk more than 1 % of the last 10 s. @param pressure of a scan's performance; without it nobody knows: false.
 */
export function isQuiet(pressure: Record<string, Record<string, number>>): boolean {
  const shares = ["cpu some", "memory some", "io some"].map((name) => pressure[name]?.avg10);
  return shares.every((share) => share !== undefined && share < 1);
}
