import { isDeepStrictEqual } from "node:util";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { linkOf, rules } from "../../policies/index.ts";

/** What an engine tells of a repair: values, and neither why nor where it is explained. */
interface Remediation {
  policyName: string;
  policyPackName: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
}

/** An event of a repair with what a finding has as well: what was changed, why, and where that is explained. */
export function explained(event: EngineEvent): EngineEvent {
  const { policyRemediationEvent: repair } = event as { policyRemediationEvent?: Remediation };
  if (!repair) return event;
  return { ...event, policyRemediationEvent: { ...repair, message: messageOf(repair) } } as EngineEvent;
}

function messageOf({ policyName, policyPackName, before, after }: Remediation): string {
  const names = Object.keys({ ...before, ...after });
  const changed = names.filter((name) => !isDeepStrictEqual(before?.[name], after?.[name]));
  const what = `is changed in ${changed.sort().join(", ")}`;
  const rule = policyPackName === "roost" ? rules.find(({ id }) => id === policyName) : undefined;
  return rule ? `${what}: ${rule.title}. (${linkOf(rule)})` : what;
}
