import { isGiven } from "../../known.ts";
import type { Props } from "../../rule.ts";
import { stackRule } from "../../rule.ts";
import { list } from "../../values.ts";

export const wafRules = stackRule({
  id: "waf-rules",
  title: "Firewalls know bad input, limit how often one client asks, and keep a log",
  severity: "medium",
  level: "mandatory",
  frameworks: [
    "FSBP WAF.10",
    "FSBP WAF.11",
    "FSBP WAF.12",
    "CT CT.WAFV2.PR.1",
    "CKV CKV2_AWS_31",
    "CKV CKV2_AWS_47",
  ],
  remediation:
    "Add AWSManagedRulesKnownBadInputsRuleSet without overriding its action to count, a rateBasedStatement that blocks, metrics for each rule, and a logging configuration.",
  kinds: ["aws:wafv2/WebAcl"],
  check(acl, { found, stack }) {
    const rules = [
      ...(isGiven(acl.props, "ruleJson") ? [] : list(acl.props.rules)),
      ...stack.pointingAt(acl, "aws:wafv2/WebAclRule", "webAclArn").map(({ props }) => props),
    ];
    const groups = stack.pointingAt(acl, "aws:wafv2/WebAclRuleGroupAssociation", "webAclArn");
    if (isGiven(acl.props, "ruleJson")) found("has its rules as text, which nobody can judge", "ruleJson");
    const isCounting = ({ overrideAction, action }: Props) =>
      overrideAction?.count !== undefined || action?.count !== undefined;
    const active = rules.filter((rule) => !isCounting(rule));
    const managed = [
      ...active.map(({ statement }) => statement?.managedRuleGroupStatement),
      ...groups
        .filter(({ props }) => props.overrideAction !== "count")
        .map(({ props }) => props.managedRuleGroup),
    ];
    if (!managed.some((group) => group?.name === "AWSManagedRulesKnownBadInputsRuleSet"))
      found("does not know bad input", "rules");
    if (!active.some(({ statement, action }) => statement?.rateBasedStatement && !action?.allow)) {
      found("does not limit how often one client asks", "rules");
    }
    rules.forEach(({ name, visibilityConfig }, index) => {
      if (!visibilityConfig?.cloudwatchMetricsEnabled) {
        found(
          `has no metric of the rule ${name}`,
          `rules.${index}.visibilityConfig.cloudwatchMetricsEnabled`,
        );
      }
    });
    if (stack.pointingAt(acl, "aws:wafv2/WebAclLoggingConfiguration", "resourceArn").length === 0) {
      found("keeps no log");
    }
  },
});
