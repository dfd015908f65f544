import type { Facts } from "../facts/index.ts";
import type { ProfileName, ValueName } from "./profiles.ts";
import type { Setting } from "./settings.ts";

export type Verdict = "applied" | "replaced" | "refused";

/** What becomes of one value of a profile on one host, or on one device of it. */
export interface Judgement {
  value: ValueName;
  asked: string;
  /** Device that it is about; null: the whole host. */
  device: string | null;
  verdict: Verdict;
  /** What is set instead, or as asked; none when refused. */
  settings: Setting[];
  reason: string;
  /** Where the reason can be read up. */
  source: string;
}

/** What a judge looks at. */
export interface Question {
  profile: ProfileName;
  asked: string;
  facts: Facts;
  /** Names of modules that this kernel has, loaded or not, such as `tcp_bbr`; empty when nobody looked. */
  modules: ReadonlySet<string>;
  /** Schedulers that a benchmark on this very host has found better. */
  proven: ReadonlySet<string>;
}

/** A judge's finding, to which `judge` adds what was asked. */
export type Finding = Omit<Judgement, "value" | "asked" | "device"> & { device?: string };

export function refused(reason: string, source: string, device?: string): Finding {
  return { verdict: "refused", settings: [], reason, source, ...(device !== undefined && { device }) };
}
