import type { Facts } from "../facts/index.ts";
import type { Finding, Judgement, Question } from "./judgement.ts";
import { type Profile, type ValueName, valueNames } from "./profiles.ts";
import { judgeCongestion } from "./values/congestion.ts";
import { judgeFileMax } from "./values/file-max.ts";
import { judgeGovernor } from "./values/governor.ts";
import { judgeScheduler } from "./values/scheduler.ts";
import { judgeSwappiness } from "./values/swappiness.ts";

const judges: Record<ValueName, (question: Question) => Finding[]> = {
  cpu_governor: judgeGovernor,
  swappiness: judgeSwappiness,
  disk_scheduler: judgeScheduler,
  tcp_congestion: judgeCongestion,
  file_max: judgeFileMax,
};

export interface JudgeOptions {
  /** Modules that the kernel has, loaded or not. Default: none is known of. */
  modules?: ReadonlySet<string>;
  /** Schedulers that a benchmark on this host has found better. Default: none. */
  proven?: ReadonlySet<string>;
}

/** Each value of a profile, judged for this host; the scheduler for each of its disks. Pure. */
export function judge(profile: Profile, facts: Facts, options: JudgeOptions = {}): Judgement[] {
  const { modules = new Set(), proven = new Set() } = options;
  return valueNames.flatMap((value) => {
    const asked = profile.values[value];
    if (asked === undefined) return [];
    const findings = judges[value]({ profile: profile.name, asked, facts, modules, proven });
    return findings.map(({ device = null, ...finding }) => ({ value, asked, device, ...finding }));
  });
}
