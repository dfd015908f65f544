export { type Check, checks } from "./checks/index.ts";
export { type Report, toHtml } from "./html.ts";
export { type Judgement, judge, type Outcome, type Verdict } from "./judge.ts";
export { explain, toSarif } from "./sarif.ts";
export { assembleSecurity, type Evidence, type SecurityFacts, type StepResult } from "./security.ts";
export { type StepName, steps } from "./steps.ts";
export {
  joinVulnerabilities,
  sourcesOf,
  type Tracker,
  type TrackerEntry,
  type Vulnerability,
} from "./vulnerabilities.ts";
