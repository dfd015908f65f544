// The firewall's policy, as data.

import type { PolicyArgs } from "@pulumi/azure-native/frontdoor/policy.js";
import { type FrontDoorWafArgs, WafMode } from "./args.ts";

type Plan = Pick<PolicyArgs, "policySettings" | "managedRules" | "customRules">;

/**
 * Countries first, then the rate, then Microsoft's rules for known attacks and for bots.
 * https://learn.microsoft.com/azure/web-application-firewall/afds/waf-front-door-drs
 */
export function planWaf({
  mode,
  requestsPerFiveMinutes = 2000,
  onlyCountries = [],
}: FrontDoorWafArgs = {}): Plan {
  return {
    policySettings: {
      enabledState: "Enabled",
      mode: mode ?? WafMode.prevention,
      requestBodyCheck: "Enabled",
      customBlockResponseStatusCode: 403,
    },
    customRules: {
      rules: [
        ...(onlyCountries.length > 0
          ? [
              {
                name: "countries",
                priority: 10,
                ruleType: "MatchRule",
                action: "Block",
                enabledState: "Enabled",
                matchConditions: [
                  {
                    matchVariable: "SocketAddr",
                    operator: "GeoMatch",
                    negateCondition: true,
                    matchValue: [...onlyCountries].sort(),
                  },
                ],
              },
            ]
          : []),
        {
          name: "rate",
          priority: 20,
          ruleType: "RateLimitRule",
          action: "Block",
          enabledState: "Enabled",
          rateLimitDurationInMinutes: 5,
          rateLimitThreshold: requestsPerFiveMinutes,
          groupBy: [{ variableName: "SocketAddr" }],
          // Every address: a rule must match something.
          matchConditions: [
            { matchVariable: "SocketAddr", operator: "IPMatch", matchValue: ["0.0.0.0/0", "::/0"] },
          ],
        },
      ],
    },
    managedRules: {
      managedRuleSets: [
        { ruleSetType: "Microsoft_DefaultRuleSet", ruleSetVersion: "2.1", ruleSetAction: "Block" },
        { ruleSetType: "Microsoft_BotManagerRuleSet", ruleSetVersion: "1.1" },
      ],
    },
  };
}
