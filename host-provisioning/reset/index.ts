export { changesSettings, draftReset, type Work } from "./action.ts";
export { type Classified, classifyPackages, type PackageClass, packageClasses } from "./classify.ts";
export { dependentsOf } from "./dependencies.ts";
export { planReset, type ResetPlan, type Selection } from "./plan.ts";
export { type ProfileName, profileNames, wholeProfile } from "./profiles.ts";
export { readSurvey, type Survey, surveyScript } from "./survey.ts";
