// The rules of every web ACL that we make, as data.

import type { WebAclArgs } from "@pulumi/aws/wafv2/webAcl.js";
import { type Fault, wholeNumber } from "../faults.ts";

type Rules = Exclude<Extract<WebAclArgs["rules"], unknown[]>, undefined>;

/** The web application firewall in front of something public. */
export interface WafArgs {
  /** Default true for what is public, false for what is internal. */
  enabled?: boolean;
  /** Requests that one address may make in five minutes, 10 to 2,000,000,000. Default 2000. */
  requestsPerFiveMinutes?: number;
  /**
   * Managed rules that only count instead of blocking, by rule name: value is the group's name, such as
   * `{ SizeRestrictions_BODY: "AWSManagedRulesCommonRuleSet" }`. Default none.
   */
  countOnly?: Record<string, string>;
  /** Days that logs are kept, one of CloudWatch's periods. Default 365. */
  retentionDays?: number;
}

/** Rule groups of AWS in the order in which they are asked. */
const MANAGED_GROUPS = [
  "AWSManagedRulesAmazonIpReputationList",
  "AWSManagedRulesKnownBadInputsRuleSet",
  "AWSManagedRulesCommonRuleSet",
] as const;

/** Rate first, since it is the cheapest to tell; then AWS's managed groups. */
export function planRules({ requestsPerFiveMinutes = 2000, countOnly = {} }: WafArgs): Rules {
  return [
    {
      name: "rate",
      priority: 0,
      action: { block: {} },
      statement: {
        rateBasedStatement: {
          aggregateKeyType: "IP",
          limit: requestsPerFiveMinutes,
          evaluationWindowSec: 300,
        },
      },
      visibilityConfig: visibility("rate"),
    },
    ...MANAGED_GROUPS.map((group, at) => ({
      name: group,
      priority: 10 + at,
      overrideAction: { none: {} },
      statement: {
        managedRuleGroupStatement: {
          vendorName: "AWS",
          name: group,
          ruleActionOverrides: Object.entries(countOnly)
            .filter(([, of]) => of === group)
            .map(([name]) => ({ name, actionToUse: { count: {} } })),
        },
      },
      visibilityConfig: visibility(group),
    })),
  ];
}

export function checkWaf({ requestsPerFiveMinutes, countOnly }: WafArgs = {}): Fault[] {
  const groups: readonly string[] = MANAGED_GROUPS;
  return [
    ...(requestsPerFiveMinutes === undefined
      ? []
      : wholeNumber("waf.requestsPerFiveMinutes", requestsPerFiveMinutes, 10, 2_000_000_000)),
    ...Object.entries(countOnly ?? {})
      .filter(([, group]) => !groups.includes(group))
      .map(([rule, group]) => ({
        field: `waf.countOnly.${rule}`,
        value: group,
        allowed: `one of ${groups.join(", ")}`,
      })),
  ];
}

export function visibility(metricName: string) {
  return { cloudwatchMetricsEnabled: true, sampledRequestsEnabled: true, metricName };
}
