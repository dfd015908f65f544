export { resetAction, type Work } from "./action.ts";
export { type Classified, classifyPackages, type PackageClass, packageClasses } from "./classify.ts";
export { isForbidden } from "./guards.ts";
export { planReset, type ResetPlan, type Selection } from "./plan.ts";
export { type ProfileName, profileNames, wholeProfile } from "./profiles.ts";
export { type Change, freedBytes, type Rehearsal, readRehearsal } from "./rehearsal.ts";
export { readSurvey, type Survey, surveyScript } from "./survey.ts";
