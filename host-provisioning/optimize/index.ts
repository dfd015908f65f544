export { type AreaName, additions, areaNames } from "./areas.ts";
export { judge } from "./judge.ts";
export type { Judgement, Verdict } from "./judgement.ts";
export { whyNever } from "./never.ts";
export { planTuning, type TuningPlan, unmet } from "./plan.ts";
export { type Profile, type ProfileName, profileNames, profileOf, profiles, valueNames } from "./profiles.ts";
export type { Setting } from "./settings.ts";
export { readSurvey, type Survey, surveyScript } from "./survey.ts";
export { type Tuning, tune } from "./tune.ts";
