import { ALARM_ROLE, checkAlarms } from "../alarms.ts";
import { type Fault, oneOf } from "../faults.ts";
import { checkRetention } from "../logs.ts";
import { unknownRoles } from "../overrides.ts";
import { isRegion } from "../regions.ts";
import { GrafanaSignIn, type ManagedGrafanaArgs, type MonitoringOnAwsArgs } from "./aws-args.ts";
import { checkAlerts, checkDashboards } from "./check.ts";

/** Roles of the children, for `overrides`. */
export const MONITORING_ON_AWS_ROLES = [
  "dashboard",
  ALARM_ROLE,
  "workspace",
  "logGroup",
  "ruleGroup",
  "alertManager",
  "grafana",
  "grafanaRole",
  "grafanaPolicy",
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
    ...(hasGrafana(args) ? checkGrafana(args.grafana) : []),
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

export function hasGrafana(
  args: MonitoringOnAwsArgs,
): args is MonitoringOnAwsArgs & { grafana: ManagedGrafanaArgs } {
  return args.grafana !== undefined && args.grafana.enabled !== false;
}

function checkGrafana({ accountId, signIn, version = "10.4" }: ManagedGrafanaArgs): Fault[] {
  const faults = oneOf("grafana.signIn", signIn, GrafanaSignIn);
  if (!/^\d{12}$/.test(accountId))
    faults.push({
      field: "grafana.accountId",
      value: accountId,
      allowed: "an account number of twelve digits",
    });
  if (!/^\d{1,2}\.\d{1,2}$/.test(version))
    faults.push({ field: "grafana.version", value: version, allowed: "a version such as 10.4" });
  return faults;
}
