// Rules that every answer goes through, as data.

import type { RuleArgs } from "@pulumi/azure-native/cdn/rule.js";
import { contentSecurityPolicy, DEFAULT_CUSTOM, TWO_YEARS } from "../cdn/headers-plan.ts";
import type { FrontDoorArgs, FrontDoorHeaderArgs } from "./args.ts";

export interface PlannedRule extends Pick<RuleArgs, "actions" | "conditions"> {
  /** Letters and digits, as Azure demands. */
  key: string;
  order: number;
}

/** Azure's limit. */
const ACTIONS_PER_RULE = 5;

export function planRules({
  headers,
  defaultRootObject,
}: Pick<FrontDoorArgs, "headers" | "defaultRootObject">) {
  const actions = Object.entries(responseHeaders(headers)).map(([headerName, value]) => ({
    name: "ModifyResponseHeader" as const,
    parameters: {
      typeName: "DeliveryRuleHeaderActionParameters" as const,
      headerAction: "Overwrite",
      headerName,
      value,
    },
  }));
  const rules: PlannedRule[] = defaultRootObject === undefined ? [] : [rootRule(defaultRootObject)];
  for (let at = 0; at < actions.length; at += ACTIONS_PER_RULE) {
    const number = at / ACTIONS_PER_RULE;
    rules.push({
      key: `headers${number}`,
      order: 10 + number,
      actions: actions.slice(at, at + ACTIONS_PER_RULE),
    });
  }
  return rules;
}

/** Header → value, in the order of their names. */
export function responseHeaders({
  contentSecurity,
  hstsSeconds = TWO_YEARS,
  custom = DEFAULT_CUSTOM,
}: FrontDoorHeaderArgs = {}): Record<string, string> {
  const policyHeader = contentSecurity?.reportOnly
    ? "content-security-policy-report-only"
    : "content-security-policy";
  const framed = (contentSecurity?.frameAncestors ?? []).length > 0;
  const headers: Record<string, string> = {
    ...custom,
    [policyHeader]: contentSecurityPolicy(contentSecurity),
    "referrer-policy": "strict-origin-when-cross-origin",
    "strict-transport-security": `max-age=${hstsSeconds}; includeSubDomains`,
    "x-content-type-options": "nosniff",
    ...(!framed && { "x-frame-options": "DENY" }),
  };
  return Object.fromEntries(Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function rootRule(document: string): PlannedRule {
  return {
    key: "root",
    order: 1,
    conditions: [
      {
        name: "UrlPath",
        parameters: {
          typeName: "DeliveryRuleUrlPathMatchConditionParameters",
          operator: "Equal",
          matchValues: ["/"],
          negateCondition: false,
        },
      },
    ],
    actions: [
      {
        name: "UrlRewrite",
        parameters: {
          typeName: "DeliveryRuleUrlRewriteActionParameters",
          sourcePattern: "/",
          destination: `/${document}`,
          preserveUnmatchedPath: false,
        },
      },
    ],
  };
}
