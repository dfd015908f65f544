// The policies of Roost without an engine: judge a recorded graph by rules, ours or yours.

export { type CostChange, costOfChange, type Estimate, estimate } from "./cost/estimate.ts";
export { examplePrices, type PriceTable, readPrices } from "./cost/prices.ts";
export {
  countOutcomes,
  evaluate,
  type Outcome,
  type OutcomeKind,
  type RecordedGraph,
  type Verdict,
} from "./evaluate.ts";
export { policiesDocument } from "./markdown.ts";
export { reportOf, sarifOf } from "./report.ts";
export { linkOf, type Resource, type Rule, resourceRule, stackRule } from "./rule.ts";
export { rules } from "./rules/index.ts";
export { checkSettings, type Settings, SettingsError, settings } from "./settings.ts";
