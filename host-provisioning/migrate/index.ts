export { draftMigration } from "./action.ts";
export { candidatesOf, collect } from "./collect.ts";
export type { Choice, Item, MigrationRequest, Sides } from "./compare.ts";
export { contentLimits, type Left, type Manifest, manifestSchema, parts } from "./manifest.ts";
export { type MigrationPlan, planMigration, sourcesToPut, unknownChoices, wantedOf } from "./plan.ts";
export { readSolved, type Solved, solveScript } from "./solve.ts";
export {
  type Content,
  contentsScript,
  type HostState,
  readContents,
  readState,
  surveyScript,
} from "./survey.ts";
