// Alerts as rules of Prometheus. JSON is YAML, which is what Prometheus reads.

import { type AlertGroupArgs, type AlertRuleArgs, Comparison } from "./args.ts";

/** A rule file. A type, so that it is a JSON document too. */
export type RuleFile = { groups: RuleGroup[] };
export type RuleGroup = { name: string; rules: Rule[] };
export type Rule = {
  alert: string;
  expr: string;
  for: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
};

/** The alerts that PromQL can tell, by group and by name. */
export function planRules(groups: Record<string, AlertGroupArgs>): RuleFile {
  return {
    groups: byName(groups)
      .map(([name, group]) => ({
        name,
        rules: byName(group.rules).flatMap(([alert, rule]) => planRule(alert, rule, group.labels)),
      }))
      .filter(({ rules }) => rules.length > 0),
  };
}

function planRule(alert: string, rule: AlertRuleArgs, labels: AlertGroupArgs["labels"]): Rule[] {
  const { prometheus } = rule.query;
  if (prometheus === undefined) return [];
  const sign = rule.comparison === Comparison.above ? ">" : "<";
  const wrong = `(${prometheus}) ${sign} ${rule.threshold}`;
  return [
    {
      alert,
      expr: rule.alsoWhenMissing ? `${wrong} or absent(${prometheus})` : wrong,
      for: `${rule.minutes}m`,
      labels: { ...labels, severity: rule.severity },
      annotations: { summary: rule.summary, action: rule.action },
    },
  ];
}

export function byName<T>(record: Record<string, T>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
