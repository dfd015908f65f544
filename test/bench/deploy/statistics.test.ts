import { expect, it } from "@jest/globals";
import { median, quantile } from "../../../bench/deploy/statistics.ts";

it.each([
  [[5], 0.5, 5],
  [[3, 1, 2], 0.5, 2],
  [[4, 1, 2, 3], 0.5, 2.5],
  [[1, 2, 3, 4, 5], 0, 1],
  [[1, 2, 3, 4, 5], 1, 5],
  [[0, 10], 0.95, 9.5],
])("of %j the share %d lies below %d", (values, share, expected) => {
  expect(quantile(values, share)).toBeCloseTo(expected);
});

it("knows no share of nothing", () => {
  expect(quantile([], 0.5)).toBeNaN();
});

it("takes the middle value and leaves the order as it is", () => {
  const values = [9, 1, 5];
  expect(median(values)).toBe(5);
  expect(values).toEqual([9, 1, 5]);
});
