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
export { type Random, seeded, shiftOf, signedRanks, signFlipTest } from "./statistics.ts";
