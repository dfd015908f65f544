/** Numbers from 0 up to, not including, 1. */
export type Random = () => number;

/** A small generator whose numbers a seed gives again. @see https://prng.di.unimi.it/splitmix64.c, in 32 bits */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** All of them are gone through while there are no more sign patterns than this. */
const exactPatterns = 4096;

/**
 * Chance of a mean at least this far from zero if each difference could as well have had the other sign: which of a
 * pair was first called A is then all that distinguishes them. Exact for up to 12 differences, else by sampling,
 * where the observed pattern counts as one of the sampled.
 * @param samples patterns that are drawn; default 4000.
 * @see Fisher's paired randomization test; Phipson and Smyth 2010 on counting the observed one
 */
export function signFlipTest(differences: readonly number[], random: Random, samples = 4000): number {
  const count = differences.length;
  if (count === 0) return 1;
  const observed = Math.abs(differences.reduce((sum, value) => sum + value, 0));
  // Sums in another order differ in the last digits.
  const far = observed * (1 - 1e-12);
  const patterns = 2 ** count;
  if (patterns <= exactPatterns) {
    let reached = 0;
    for (let pattern = 0; pattern < patterns; pattern++) {
      const sum = differences.reduce(
        (all, value, index) => all + ((pattern >> index) & 1 ? value : -value),
        0,
      );
      if (Math.abs(sum) >= far) reached++;
    }
    return reached / patterns;
  }
  let reached = 1;
  for (let drawn = 0; drawn < samples; drawn++) {
    let sum = 0;
    // One number gives the signs of 32.
    for (let index = 0, signs = 0; index < count; index++, signs >>>= 1) {
      if (index % 32 === 0) signs = random() * 2 ** 32;
      sum += signs & 1 ? (differences[index] as number) : -(differences[index] as number);
    }
    if (Math.abs(sum) >= far) reached++;
  }
  return reached / (samples + 1);
}

/**
 * Ranks of the absolute values, 1 for the least, with the sign of each; equal ones share the mean of their ranks.
 * The sign-flip test of these is Wilcoxon's: a few wild values, as machines that others use have them, cost it little.
 */
export function signedRanks(differences: readonly number[]): number[] {
  const sizes = differences.map(Math.abs).sort((a, b) => a - b);
  const ranks = new Map<number, number>();
  for (let first = 0; first < sizes.length; ) {
    const size = sizes[first] as number;
    let after = first;
    while (sizes[after] === size) after++;
    ranks.set(size, (first + 1 + after) / 2);
    first = after;
  }
  return differences.map((value) => Math.sign(value) * (ranks.get(Math.abs(value)) as number));
}

export interface Shift {
  /** Hodges-Lehmann: the median of the means of all pairs of differences. */
  estimate: number;
  /** 95 % interval; without bounds for fewer than 6 differences. */
  low: number;
  high: number;
}

/**
 * Where differences lie, whatever their distribution, if it is symmetric; one wild value moves it little.
 * The interval is the one of Wilcoxon's signed-rank test, which holds for small numbers too, where a bootstrap is
 * too narrow.
 * @see Hollander, Wolfe, Chicken, Nonparametric Statistical Methods, 3.2 and 3.3
 */
export function shiftOf(differences: readonly number[]): Shift {
  const sorted = Float64Array.from(differences).sort();
  const count = sorted.length;
  if (count === 0) return { estimate: 0, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  const means = (count * (count + 1)) / 2;
  const [below, above] = [Math.ceil(means / 2), Math.floor(means / 2) + 1];
  const estimate = (nthMean(sorted, below) + nthMean(sorted, above)) / 2;
  const outside = signedRankQuantile(count);
  if (outside === 0) return { estimate, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  return { estimate, low: nthMean(sorted, outside), high: nthMean(sorted, means - outside + 1) };
}

/**
 * The n-th least of the means of all pairs, each value with itself too, without making them: how many there are up to
 * a limit takes one walk, and 64 halvings of where it may be find it to the last digit.
 */
function nthMean(sorted: Float64Array, n: number): number {
  let [low, high] = [sorted[0] as number, sorted.at(-1) as number];
  for (let halving = 0; halving < 64; halving++) {
    const middle = (low + high) / 2;
    if (meansUpTo(sorted, middle) >= n) high = middle;
    else low = middle;
  }
  return high;
}

function meansUpTo(sorted: Float64Array, limit: number): number {
  let count = 0;
  let last = sorted.length - 1;
  for (let first = 0; first <= last; first++) {
    while (last >= first && ((sorted[first] as number) + (sorted[last] as number)) / 2 > limit) last--;
    count += Math.max(0, last - first + 1);
  }
  return count;
}

const quantiles = new Map<number, number>();
/** From here on the sum of so many ranks is as good as normal, and to count all its ways takes long. */
const many = 100;

/** Largest k with P(signed-rank sum < k) ≤ 2.5 %: the k-th means from either end bound the interval. */
function signedRankQuantile(count: number): number {
  if (count >= many) {
    const deviation = Math.sqrt((count * (count + 1) * (2 * count + 1)) / 24);
    return Math.floor((count * (count + 1)) / 4 - 1.96 * deviation);
  }
  const known = quantiles.get(count);
  if (known !== undefined) return known;
  const chances = new Float64Array((count * (count + 1)) / 2 + 1);
  chances[0] = 1;
  for (let rank = 1, most = 1; rank <= count; rank++, most += rank)
    for (let sum = most; sum >= 0; sum--)
      chances[sum] = ((chances[sum] as number) + (sum < rank ? 0 : (chances[sum - rank] as number))) / 2;
  let below = 0;
  let quantile = 0;
  while (below + (chances[quantile] as number) <= 0.025) below += chances[quantile++] as number;
  quantiles.set(count, quantile);
  return quantile;
}
