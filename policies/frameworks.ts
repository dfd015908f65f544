import nist from "./nist.json" with { type: "json" };
import type { Rule } from "./rule.ts";

/** Frameworks that rules name, with the version that the ids are of. */
export const frameworks: Record<string, { name: string; version: string }> = {
  FSBP: { name: "AWS Foundational Security Best Practices", version: "1.0.0" },
  "CIS-AWS": { name: "CIS AWS Foundations Benchmark", version: "7.0" },
  "CIS-Azure": { name: "CIS Microsoft Azure Foundations Benchmark", version: "6.0" },
  "CIS-K8s": { name: "CIS Kubernetes Benchmark", version: "2.0.1" },
  CT: { name: "AWS Control Tower proactive controls", version: "1.0" },
  CKV: { name: "Checkov", version: "3" },
  NIST: { name: "NIST SP 800-53", version: "Rev. 5" },
};

const requirements: Record<string, string[]> = nist.controls;

/**
 * Requirements of NIST SP 800-53 that a rule helps to keep: those which AWS's guide to Security Hub relates to the
 * controls of the FSBP that the rule names. Controls that are younger than the guide's public source have none.
 */
export function nistOf({ frameworks: ids }: Pick<Rule, "frameworks">): string[] {
  const controls = ids.filter((id) => id.startsWith("FSBP ")).map((id) => id.slice("FSBP ".length));
  return [...new Set(controls.flatMap((control) => requirements[control] ?? []))].sort();
}

/** All that asks for a rule, as `FRAMEWORK ID`. */
export function askedForBy(rule: Pick<Rule, "frameworks">): string[] {
  return [...rule.frameworks, ...nistOf(rule).map((id) => `NIST ${id}`)];
}
