// The policies of Roost without an engine: judge a recorded graph by rules, ours or yours.

export {
  countOutcomes,
  evaluate,
  type Outcome,
  type OutcomeKind,
  type RecordedGraph,
  type Verdict,
} from "./evaluate.ts";
export { Undecidable } from "./known.ts";
export { linkOf, type Resource, type Rule, resourceRule, stackRule } from "./rule.ts";
export { rules } from "./rules/index.ts";
export { type Settings, settings } from "./settings.ts";
export { Stack } from "./stack.ts";
