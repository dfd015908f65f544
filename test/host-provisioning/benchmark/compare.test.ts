import { describe, expect, it } from "@jest/globals";
import {
  compare,
  isEnough,
  isQuiet,
  isReverted,
  nextFour,
  pairsOf,
  seeded,
  shiftOf,
  signedRanks,
  signFlipTest,
} from "../../../host-provisioning/benchmark/index.ts";

/** Pairs whose ratios are these. */
const withRatios = (...ratios: number[]) => ratios.map((ratio) => ({ before: 100, after: 100 * ratio }));
const around = (center: number, spread: number, count = 12) =>
  withRatios(...Array.from({ length: count }, (_, i) => center * (1 + spread * (i / (count - 1) - 0.5))));
const verdictOf = (pairs: ReturnType<typeof withRatios>, wanted: "lower" | "higher" = "lower") =>
  compare(pairs, wanted, seeded(1)).verdict;

describe("the permutation test", () => {
  it("is exact for few pairs: of 2^5 patterns the two extreme ones are as far", () => {
    expect(signFlipTest([1, 2, 3, 4, 5], seeded(1))).toBe(2 / 32);
    expect(signFlipTest([1, -1], seeded(1))).toBe(1);
    expect(signFlipTest([], seeded(1))).toBe(1);
  });

  it("of signed ranks is Wilcoxon's: ties share a rank, one wild value counts as one", () => {
    expect(signedRanks([3, -1, 1, 0, -50])).toEqual([4, -2.5, 2.5, 0, -5]);
    const wild = [1, 2, 3, 4, 5, 6, 7, 8, 9, -500];
    expect(signFlipTest(wild, seeded(1))).toBeGreaterThan(0.5);
    // Published for n = 10 and T = 10: 0.084 on both sides.
    expect(signFlipTest(signedRanks(wild), seeded(1))).toBeCloseTo(0.084, 3);
  });

  it("agrees, sampled, with what it is exactly", () => {
    const twelve = [3, -1, 2, 5, -2, 4, 1, 2, -3, 4, 2, 1];
    const exact = signFlipTest(twelve, seeded(1));
    // One more pair without a difference changes nothing but that patterns are drawn.
    expect(Math.abs(signFlipTest([...twelve, 0], seeded(2), 20_000) - exact)).toBeLessThan(0.01);
  });

  it("holds its level on noise: at most 5 % of 2000 draws are called significant", () => {
    const random = seeded(7);
    let found = 0;
    for (let trial = 0; trial < 2000; trial++) {
      const noise = Array.from({ length: 10 }, () => random() - random());
      if (signFlipTest(noise, random) <= 0.05) found++;
    }
    expect(found / 2000).toBeGreaterThan(0.03);
    expect(found / 2000).toBeLessThan(0.065);
  });
});

describe("the shift", () => {
  it("is the published example's: Hollander and Wolfe, depression scores, -0.46 (-0.786, -0.010)", () => {
    const before = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3];
    const after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
    const { estimate, low, high } = shiftOf(after.map((value, index) => value - (before[index] as number)));
    expect(estimate).toBeCloseTo(-0.46, 3);
    expect([low, high].map((bound) => Number(bound.toFixed(3)))).toEqual([-0.786, -0.01]);
  });

  it("has no bounds for fewer than 6, and one wild value moves it little", () => {
    expect(shiftOf([1, 2, 3])).toEqual({
      estimate: 2,
      low: Number.NEGATIVE_INFINITY,
      high: Number.POSITIVE_INFINITY,
    });
    expect(shiftOf([1, 1, 1, 1, 1, 1, 1, 1, 1, 100]).estimate).toBe(1);
  });
});

describe("the verdict", () => {
  it.each([
    ["better", around(0.9, 0.02), "lower"],
    ["worse", around(1.1, 0.02), "lower"],
    ["better", around(1.1, 0.02), "higher"],
    ["worse", around(0.9, 0.02), "higher"],
    ["same", around(1.001, 0.01), "lower"],
    // Certain, but within what nobody notices.
    ["same", around(1.01, 0.004), "lower"],
    ["unclear", around(1.02, 0.3), "lower"],
    ["unclear", around(0.5, 0.01, 9), "lower"],
  ] as const)("%s", (verdict, pairs, wanted) => {
    expect(verdictOf([...pairs], wanted)).toBe(verdict);
  });

  it("one thing that got worse takes the change back", () => {
    const better = compare(around(0.9, 0.02), "lower", seeded(1));
    const worse = compare(around(1.1, 0.02), "lower", seeded(1));
    expect([isReverted([better, better]), isReverted([better, worse])]).toEqual([false, true]);
  });

  it("refuses what is no measurement", () => {
    expect(() => compare([{ before: 0, after: 1 }], "lower", seeded(1))).toThrow(/above zero/);
  });
});

describe("how is measured", () => {
  it("in fours, so that a steady drift cancels out", () => {
    const random = seeded(3);
    const orders = Array.from({ length: 50 }, () => nextFour(random));
    expect(new Set(orders.map((order) => order[0]))).toEqual(new Set(["before", "after"]));
    const order = orders.flat();
    const drift = order.map((_, index) => 100 * 1.001 ** index);
    expect(Math.abs(compare(pairsOf(order, drift), "lower", random).shift)).toBeLessThan(0.0011);
  });

  it("pairs neighbours, whichever came first", () => {
    expect(pairsOf(["after", "before", "before", "after"], [1, 2, 3, 4])).toEqual([
      { before: 2, after: 1 },
      { before: 3, after: 4 },
    ]);
  });

  it("until the interval is narrow or the time is up", () => {
    expect(isEnough(around(1, 0.01, 9))).toBe(false);
    expect(isEnough(around(1.3, 0.01))).toBe(true);
    expect(isEnough(around(1, 0.4))).toBe(false);
    expect(isEnough(around(1, 0.4), { elapsedSeconds: 1200 })).toBe(true);
  });

  it("on a quiet machine, and one that does not tell is none", () => {
    const quiet = { "cpu some": { avg10: 0.4 }, "memory some": { avg10: 0 }, "io some": { avg10: 0.1 } };
    expect(isQuiet(quiet)).toBe(true);
    expect(isQuiet({ ...quiet, "io some": { avg10: 1.5 } })).toBe(false);
    expect(isQuiet({})).toBe(false);
  });
});
