import type { Facts } from "../facts/index.ts";
import { type AreaName, additions, areaNames, areaOfValue } from "./areas.ts";
import { judge } from "./judge.ts";
import type { Judgement } from "./judgement.ts";
import { planTuning, type TuningPlan } from "./plan.ts";
import { type ProfileName, profileOf } from "./profiles.ts";
import type { Survey } from "./survey.ts";

export interface Tuning {
  judgements: Judgement[];
  plan: TuningPlan;
}

export interface TuneOptions {
  /** Default: all of them. */
  areas?: readonly AreaName[];
  /** Schedulers that a benchmark on this host has found better. Default: none. */
  proven?: ReadonlySet<string>;
}

/** What tuning a host for a profile means: the judged values, and the plan that sets them with what goes beside. Pure. */
export function tune(
  profile: ProfileName,
  facts: Facts,
  survey: Survey,
  { areas = areaNames, proven }: TuneOptions = {},
): Tuning {
  const { modules } = survey;
  const judgements = judge(profileOf(profile), facts, { modules, ...(proven && { proven }) }).filter(
    ({ value }) => areas.includes(areaOfValue[value]),
  );
  const settings = [
    ...judgements.flatMap((judgement) => judgement.settings),
    ...areas.flatMap((area) => additions(profile, area, facts)),
  ];
  return { judgements, plan: planTuning(settings, survey) };
}
