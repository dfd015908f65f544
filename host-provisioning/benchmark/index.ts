export {
  type Comparison,
  compare,
  isCheckpoint,
  isEnough,
  isQuiet,
  isReverted,
  nextFour,
  type Pair,
  pairsOf,
} from "./compare.ts";
export {
  addMeasured,
  type BenchmarkOptions,
  type BenchmarkResult,
  judgeMeasured,
  measuredDraft,
  nextPairs,
  nothingMeasured,
  type WorkloadName,
  workloadNames,
} from "./measurement.ts";
export { resultLine, toSvg } from "./picture.ts";
export { type Random, seeded, shiftOf, signedRanks, signFlipTest } from "./statistics.ts";
