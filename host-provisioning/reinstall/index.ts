export { draftReinstall, reinstallSteps } from "./action.ts";
export { type Conffile, type ConffileMode, readConffiles } from "./conffiles.ts";
export {
  aptArguments,
  checkRequest,
  type HealthCheck,
  planReinstall,
  type ReinstallPlan,
  type ReinstallRequest,
} from "./plan.ts";
export {
  type Installation,
  type Refusal,
  readRefusal,
  readSimulation,
  type Simulation,
} from "./simulation.ts";
export { conffileFunctions, type ReinstallSurvey, readSurvey, surveyScript } from "./survey.ts";
export { compareVersions, readMadison } from "./versions.ts";
