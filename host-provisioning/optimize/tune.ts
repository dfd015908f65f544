import type { Facts } from "../facts/index.ts";
import { type AreaName, additions, areaNames, areaOfPath, areaOfValue } from "./areas.ts";
import { hostKind } from "./host-kind.ts";
import { judge } from "./judge.ts";
import type { Judgement } from "./judgement.ts";
import { whyNever } from "./never.ts";
import { planTuning, type TuningPlan } from "./plan.ts";
import { type ProfileName, profileOf } from "./profiles.ts";
import { type Setting, sysctl, sysctlPath } from "./settings.ts";
import { sources } from "./sources.ts";
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
    ...(areas.includes("kernel") ? platformProfile(profile, facts, survey) : []),
  ];
  const isOthers = (path: string) => !areas.includes(areaOfPath(path));
  return { judgements, plan: planTuning(settings, survey, { isOthers }) };
}

const platform = "/sys/firmware/acpi/platform_profile";

/** The machine's own power profile, where its firmware offers the one that is wanted, and no service sets it. */
function platformProfile(profile: ProfileName, facts: Facts, { values }: Survey): Setting[] {
  const isManaged = facts.services.services["power-profiles-daemon.service"]?.running === true;
  if (hostKind(facts) !== "bare" || isManaged) return [];
  const offered = (values.get(`${platform}_choices`) ?? "").split(/\s+/);
  const [wanted, reason] =
    profile === "laptop_battery"
      ? ["low-power", "The firmware saves energy beside the processor: fans, radio, charging."]
      : ["performance", "The firmware lets the machine be as warm and loud as its work asks for."];
  if (!offered.includes(wanted)) return [];
  return [{ path: platform, operator: "equal", value: wanted, reason, source: sources.platformProfile }];
}

/**
 * The plan that gives kernel settings the values that are named, whatever a profile says. Pure.
 * @param wanted names such as `net.ipv4.tcp_rmem`.
 * @returns faults by name instead, for what is never set and what the host does not have.
 */
export function tuneTo(
  wanted: Readonly<Record<string, string>>,
  survey: Survey,
): { plan: TuningPlan } | { faults: { name: string; reason: string }[] } {
  const faults = Object.keys(wanted).flatMap((name) => {
    const never = whyNever(name);
    if (never) return [{ name, reason: `${never.reason} See ${never.source}` }];
    if (survey.values.has(sysctlPath(name))) return [];
    return [{ name, reason: "the host's kernel has no such setting, or it is none that is tuned" }];
  });
  if (faults.length > 0) return { faults };
  const settings = Object.entries(wanted).map(([name, value]) =>
    sysctl(name, "equal", value, "As asked.", sources.settings),
  );
  return { plan: planTuning(settings, survey, { isOthers: () => true }) };
}
