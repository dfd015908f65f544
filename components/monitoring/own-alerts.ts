// What watches the watchers.

import { type AlertGroupArgs, Comparison, Severity } from "./args.ts";

/** Alerts about Prometheus and Alertmanager themselves, and about pods that cannot be asked. */
export const OWN_ALERTS: AlertGroupArgs = {
  rules: {
    MetricsUnreachable: {
      summary: "A pod that should give metrics gives none, so its alerts are blind",
      action: "Compare the pod's prometheus.io annotations with its ports, and the network policies",
      severity: Severity.ticket,
      query: { prometheus: "up" },
      comparison: Comparison.below,
      threshold: 1,
      minutes: 10,
    },
    RulesFailing: {
      summary: "Prometheus cannot evaluate some rules",
      action: "Open Status, Rules in Prometheus: the rule shows its error",
      severity: Severity.ticket,
      query: { prometheus: "increase(prometheus_rule_evaluation_failures_total[10m])" },
      comparison: Comparison.above,
      threshold: 0,
      minutes: 10,
    },
    AlertsNotDelivered: {
      summary: "Alertmanager cannot deliver: nobody hears of alerts",
      action: "Look at Alertmanager's log for the integration that fails, then at the receiver's Secret",
      severity: Severity.page,
      query: { prometheus: "sum by (integration) (rate(alertmanager_notifications_failed_total[5m]))" },
      comparison: Comparison.above,
      threshold: 0,
      minutes: 10,
    },
    AlertmanagerUnreachable: {
      summary: "Prometheus cannot reach any Alertmanager: nobody hears of alerts",
      action: "Look whether the pods of Alertmanager are ready",
      severity: Severity.page,
      query: { prometheus: "increase(prometheus_notifications_dropped_total[10m])" },
      comparison: Comparison.above,
      threshold: 0,
      minutes: 5,
    },
  },
};
