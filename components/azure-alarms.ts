import { MetricAlert } from "@pulumi/azure-native/monitor/metricAlert.js";
import type { Input, Resource } from "@pulumi/pulumi";
import { ALARM_ROLE, AlarmChoice } from "./alarms.ts";
import { type Fault, oneOf } from "./faults.ts";
import { type Overrides, override } from "./overrides.ts";

/** Alarms of a component on Azure: `{ choice: "notify", actionGroupIds: [group.id] }` or `{ choice: "none" }`. */
export interface AzureAlarmArgs {
  choice: AlarmChoice;
  /** Action groups that are told when an alarm begins and when it is over. Required with `notify`. */
  actionGroupIds?: Input<string>[];
}

/** An alarm of Azure Monitor as data. */
export interface AzureAlarmSpec {
  /** Unique in the component; names the alarm. */
  key: string;
  /** What is wrong, for whom, and what to do first: it is the text of the notification. */
  description: string;
  /** Such as Microsoft.Storage/storageAccounts and Availability. */
  namespace: string;
  metric: string;
  aggregation: "Average" | "Total" | "Maximum" | "Minimum";
  operator: "GreaterThan" | "LessThan";
  threshold: number;
  windowMinutes: 5 | 15 | 30;
}

export function checkAzureAlarms(alarms: AzureAlarmArgs | undefined): Fault[] {
  const choice = oneOf("alarms.choice", alarms?.choice, AlarmChoice);
  if (choice.length > 0 || alarms?.choice === AlarmChoice.none) return choice;
  const groups = alarms?.actionGroupIds ?? [];
  return groups.length > 0
    ? []
    : [
        {
          field: "alarms.actionGroupIds",
          value: groups,
          allowed: "at least one action group when choice is notify",
        },
      ];
}

/** @param context.resourceId is what the metrics are of. */
export function makeAzureAlarms(
  alarms: AzureAlarmArgs,
  specs: readonly AzureAlarmSpec[],
  context: {
    name: string;
    parent: Resource;
    resourceGroupName: Input<string>;
    resourceId: Input<string>;
    tags?: Record<string, Input<string>>;
    overrides?: Overrides;
  },
): void {
  if (alarms.choice === AlarmChoice.none) return;
  for (const spec of specs) {
    new MetricAlert(
      `${context.name}-alarm-${spec.key}`,
      override(context.overrides, ALARM_ROLE, {
        resourceGroupName: context.resourceGroupName,
        location: "global",
        description: spec.description,
        enabled: true,
        autoMitigate: true,
        severity: 2,
        scopes: [context.resourceId],
        evaluationFrequency: "PT1M",
        windowSize: `PT${spec.windowMinutes}M`,
        criteria: {
          odataType: "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria" as const,
          allOf: [
            {
              criterionType: "StaticThresholdCriterion" as const,
              name: spec.key,
              metricNamespace: spec.namespace,
              metricName: spec.metric,
              operator: spec.operator,
              threshold: spec.threshold,
              timeAggregation: spec.aggregation,
            },
          ],
        },
        actions: (alarms.actionGroupIds ?? []).map((actionGroupId) => ({ actionGroupId })),
        tags: context.tags,
      }),
      { parent: context.parent },
    );
  }
}
