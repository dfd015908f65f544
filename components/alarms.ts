import { MetricAlarm } from "@pulumi/aws/cloudwatch/metricAlarm.js";
import type { Input, Resource } from "@pulumi/pulumi";
import { type Fault, oneOf } from "./faults.ts";
import { type Overrides, override } from "./overrides.ts";

/** Whether somebody hears of trouble. There is no default: silence is a decision. */
export const AlarmChoice = {
  /** The component's alarms are made and tell the topics. */
  notify: "notify",
  /** No alarms. */
  none: "none",
} as const;
export type AlarmChoice = (typeof AlarmChoice)[keyof typeof AlarmChoice];

/** Alarms of a component: `{ choice: "notify", topicArns: [topic.arn] }` or `{ choice: "none" }`. */
export interface AlarmArgs {
  choice: AlarmChoice;
  /** SNS topics that are told when an alarm begins and when it is over. Required with `notify`. */
  topicArns?: Input<string>[];
}

/** An alarm as data: a component's planner lists them, monitoring shows them, tests judge them. */
export interface AlarmSpec {
  /** Unique in the component; names the alarm. */
  key: string;
  /** What is wrong, for whom, and what to do first: it is the text of the notification. */
  description: string;
  /** CloudWatch namespace and metric, such as AWS/ECS and CPUUtilization. */
  namespace: string;
  metric: string;
  dimensions: Record<string, Input<string>>;
  /** Average, Sum, Maximum, Minimum or a percentile such as p99. */
  statistic: string;
  comparison: "GreaterThanThreshold" | "GreaterThanOrEqualToThreshold" | "LessThanThreshold";
  threshold: number;
  periodSeconds: number;
  /** How many periods in a row. */
  periods: number;
  /** What no data means. Default "notBreaching". */
  missingData?: "breaching" | "notBreaching" | "ignore" | "missing";
}

export function checkAlarms(alarms: AlarmArgs | undefined): Fault[] {
  const choice = oneOf("alarms.choice", alarms?.choice, AlarmChoice);
  if (choice.length > 0 || alarms?.choice === AlarmChoice.none) return choice;
  const topics = alarms?.topicArns ?? [];
  return topics.length > 0
    ? []
    : [{ field: "alarms.topicArns", value: topics, allowed: "at least one topic when choice is notify" }];
}

/** The role of these children for `overrides`. */
export const ALARM_ROLE = "alarm";

export function makeAlarms(
  alarms: AlarmArgs,
  specs: readonly AlarmSpec[],
  context: {
    name: string;
    parent: Resource;
    /** Where the metrics are. Default: the provider's region. */
    region?: string;
    tags?: Record<string, Input<string>>;
    overrides?: Overrides;
  },
): void {
  if (alarms.choice === AlarmChoice.none) return;
  for (const spec of specs) {
    new MetricAlarm(
      `${context.name}-alarm-${spec.key}`,
      override(context.overrides, ALARM_ROLE, {
        ...(context.region !== undefined && { region: context.region }),
        alarmDescription: spec.description,
        namespace: spec.namespace,
        metricName: spec.metric,
        dimensions: spec.dimensions,
        ...(/^p\d/.test(spec.statistic)
          ? { extendedStatistic: spec.statistic }
          : { statistic: spec.statistic }),
        comparisonOperator: spec.comparison,
        threshold: spec.threshold,
        period: spec.periodSeconds,
        evaluationPeriods: spec.periods,
        treatMissingData: spec.missingData ?? "notBreaching",
        alarmActions: alarms.topicArns,
        okActions: alarms.topicArns,
        tags: context.tags,
      }),
      { parent: context.parent },
    );
  }
}
