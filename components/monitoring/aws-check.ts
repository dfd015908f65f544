import { ALARM_ROLE, checkAlarms } from "../alarms.ts";
import type { Fault } from "../faults.ts";
import { checkRetention } from "../logs.ts";
import { unknownRoles } from "../overrides.ts";
import { isRegion } from "../regions.ts";
import type { MonitoringOnAwsArgs } from "./aws-args.ts";
import { checkAlerts, checkDashboards } from "./check.ts";

/** Roles of the children, for `overrides`. */
export const MONITORING_ON_AWS_ROLES = [
  "dashboard",
  ALARM_ROLE,
  "workspace",
  "logGroup",
  "ruleGroup",
  "alertManager",
] as const;

/** Everything that is wrong with the arguments. */
export function checkMonitoringOnAws(args: MonitoringOnAwsArgs): Fault[] {
  const workspace = hasWorkspace(args);
  return [
    ...unknownRoles(args.overrides, MONITORING_ON_AWS_ROLES),
    ...(isRegion(args.region) ? [] : [{ field: "region", value: args.region, allowed: "a region of AWS" }]),
    ...checkDashboards(args.dashboards),
    ...checkAlerts(args.alerts),
    ...checkAlarms(args.alarms),
    ...checkRetention("prometheus.logRetentionDays", args.prometheus?.logRetentionDays),
    ...Object.entries(args.dashboards ?? {})
      .filter(
        ([, { panels }]) => !panels.some(({ queries }) => Object.values(queries).some((q) => q.cloudWatch)),
      )
      .map(([key]) => ({
        field: `dashboards.${key}`,
        value: key,
        allowed: "a dashboard with a metric of CloudWatch: this one can only be shown by Grafana",
      })),
    ...Object.entries(args.alerts ?? {}).flatMap(([group, { rules }]) =>
      Object.entries(rules)
        .filter(([, { query }]) => !workspace && !query.cloudWatch)
        .map(([name]) => ({
          field: `alerts.${group}.rules.${name}.query.cloudWatch`,
          value: undefined,
          allowed:
            "a metric of CloudWatch, or prometheus beside: without a workspace nothing evaluates PromQL",
        })),
    ),
  ];
}

export function hasWorkspace({ prometheus }: MonitoringOnAwsArgs): boolean {
  return prometheus !== undefined && prometheus.enabled !== false;
}
