import { AlertManagerDefinition } from "@pulumi/aws/amp/alertManagerDefinition.js";
import { RuleGroupNamespace } from "@pulumi/aws/amp/ruleGroupNamespace.js";
import { Workspace } from "@pulumi/aws/amp/workspace.js";
import { Dashboard } from "@pulumi/aws/cloudwatch/dashboard.js";
import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import {
  all,
  ComponentResource,
  type ComponentResourceOptions,
  interpolate,
  type Output,
  output,
} from "@pulumi/pulumi";
import { AlarmChoice, makeAlarms } from "../alarms.ts";
import { refuse } from "../faults.ts";
import type { Grant } from "../grants.ts";
import { jsonText } from "../json.ts";
import { DEFAULT_RETENTION_DAYS } from "../logs.ts";
import { override } from "../overrides.ts";
import { planManagedAlertManager } from "./aws-alert-manager.ts";
import type { MonitoringOnAwsArgs } from "./aws-args.ts";
import { checkMonitoringOnAws, hasGrafana, hasWorkspace } from "./aws-check.ts";
import { makeGrafana } from "./aws-grafana.ts";
import { planAlarms, planCloudWatchDashboard } from "./cloudwatch.ts";
import { byName, planRules } from "./prometheus-rules.ts";

/**
 * Dashboards and alerts on AWS, from the same data as on Kubernetes: what has a metric of CloudWatch becomes a
 * panel and an alarm there, what has PromQL becomes a rule of a managed Prometheus. Collectors write to the
 * workspace with `grantWrite`; a managed Grafana, or one of your own with `grantQuery`, reads it.
 *
 * ```ts
 * const monitoring = new MonitoringOnAws("watch", {
 *   region: "eu-west-1",
 *   dashboards: { web: webDashboard },
 *   alerts: { web: webAlerts },
 *   alarms: { choice: AlarmChoice.notify, topicArns: [topic.arn] },
 *   prometheus: {},
 *   grafana: { accountId: "111122223333", signIn: GrafanaSignIn.identityCenter },
 * });
 * ```
 *
 * A month: a dashboard 3 USD beyond the first three, an alarm 0.10 USD; the workspace by samples, about 0.90
 * USD per ten million, so some 8 USD for a service that gives 1,000 series each half minute; Grafana 9 USD an
 * editor and 5 USD a viewer that signs in.
 */
export class MonitoringOnAws extends ComponentResource {
  /** Id of the workspace; empty without one. */
  readonly workspaceId: Output<string>;
  /** Where collectors write and Grafana asks; empty without a workspace. */
  readonly prometheusEndpoint: Output<string>;
  /** ARN of the workspace; empty without one. */
  readonly workspaceArn: Output<string>;
  /** Address of the managed Grafana; empty without one. */
  readonly grafanaUrl: Output<string>;

  constructor(name: string, args: MonitoringOnAwsArgs, opts?: ComponentResourceOptions) {
    super("roost-components:index:MonitoringOnAws", name, {}, opts);
    refuse("MonitoringOnAws", name, checkMonitoringOnAws(args));

    makeDashboards(this, name, args);
    makeAlarms(args.alarms, planAlarms(args.alerts ?? {}), {
      name,
      parent: this,
      tags: args.tags,
      overrides: args.overrides,
    });
    const workspace = hasWorkspace(args) ? makeWorkspace(this, name, args) : undefined;

    this.workspaceId = output(workspace?.id ?? "");
    this.prometheusEndpoint = output(workspace?.prometheusEndpoint ?? "");
    this.workspaceArn = output(workspace?.arn ?? "");
    const grafana = hasGrafana(args)
      ? makeGrafana(this, name, args, workspace && this.grantQuery)
      : undefined;
    this.grafanaUrl = grafana ? interpolate`https://${grafana.endpoint}` : output("");
    this.registerOutputs({
      workspaceId: this.workspaceId,
      prometheusEndpoint: this.prometheusEndpoint,
      workspaceArn: this.workspaceArn,
      grafanaUrl: this.grafanaUrl,
    });
  }

  /** Writes metrics into the workspace, as a collector does. */
  get grantWrite(): Grant {
    return {
      name: "metrics-write",
      statements: [{ actions: ["aps:RemoteWrite"], resources: [this.workspaceArn] }],
    };
  }

  /** Asks the workspace, as Grafana does. */
  get grantQuery(): Grant {
    const actions = ["aps:QueryMetrics", "aps:GetLabels", "aps:GetSeries", "aps:GetMetricMetadata"];
    return { name: "metrics-query", statements: [{ actions, resources: [this.workspaceArn] }] };
  }
}

function makeDashboards(parent: MonitoringOnAws, name: string, args: MonitoringOnAwsArgs): void {
  for (const [key, dashboard] of byName(args.dashboards ?? {})) {
    const dashboardBody = planCloudWatchDashboard(dashboard, args.region);
    if (!dashboardBody) continue;
    new Dashboard(
      `${name}-dashboard-${key}`,
      override(args.overrides, "dashboard", { dashboardName: `${name}-${key}`, dashboardBody }),
      { parent },
    );
  }
}

function makeWorkspace(parent: MonitoringOnAws, name: string, args: MonitoringOnAwsArgs): Workspace {
  const { overrides, tags, alarms, prometheus = {} } = args;
  const logs = new LogGroup(
    `${name}-prometheus-logs`,
    override(overrides, "logGroup", {
      // The service delivers to groups of this prefix only.
      namePrefix: `/aws/vendedlogs/prometheus/${name}-`,
      retentionInDays: prometheus.logRetentionDays ?? DEFAULT_RETENTION_DAYS,
      tags,
    }),
    { parent },
  );
  const workspace = new Workspace(
    `${name}-prometheus`,
    override(overrides, "workspace", {
      alias: name,
      loggingConfiguration: { logGroupArn: interpolate`${logs.arn}:*` },
      ...(prometheus.kmsKeyArn !== undefined && { kmsKeyArn: prometheus.kmsKeyArn }),
      tags,
    }),
    { parent },
  );
  // A namespace a group: a group that comes or goes touches no other.
  for (const group of planRules(args.alerts ?? {}).groups) {
    new RuleGroupNamespace(
      `${name}-rules-${group.name}`,
      override(overrides, "ruleGroup", {
        workspaceId: workspace.id,
        name: group.name,
        data: jsonText({ groups: [group] }),
        tags,
      }),
      { parent },
    );
  }
  if (alarms.choice === AlarmChoice.notify) {
    new AlertManagerDefinition(
      `${name}-alert-manager`,
      override(overrides, "alertManager", {
        workspaceId: workspace.id,
        definition: all(alarms.topicArns ?? []).apply((arns) => planManagedAlertManager(arns, args.region)),
      }),
      { parent },
    );
  }
  return workspace;
}
