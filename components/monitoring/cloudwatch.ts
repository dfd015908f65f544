// Dashboards and alerts for CloudWatch, from the metrics of CloudWatch in their queries.

import { type Input, jsonStringify, type Output } from "@pulumi/pulumi";
import type { AlarmSpec } from "../alarms.ts";
import {
  type AlertGroupArgs,
  type CloudWatchQueryArgs,
  Comparison,
  type DashboardArgs,
  type PanelArgs,
  PanelKind,
} from "./args.ts";
import { layOut, type Place } from "./layout.ts";
import { byName } from "./prometheus-rules.ts";

const PERIOD_SECONDS = 60;

/**
 * The body of a CloudWatch dashboard; nothing when no panel has a metric of CloudWatch.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
export function planCloudWatchDashboard(
  { panels }: DashboardArgs,
  region: string,
): Output<string> | undefined {
  const shown = panels.filter((panel) => metrics(panel).length > 0);
  if (shown.length === 0) return undefined;
  const places = layOut(shown);
  return jsonStringify({
    start: "-PT6H",
    widgets: shown.map((panel, at) => planWidget(panel, places[at]!, region)),
  });
}

function planWidget(panel: PanelArgs, place: Place, region: string) {
  return {
    type: "metric",
    ...place,
    properties: {
      title: panel.title,
      region,
      view: panel.kind === PanelKind.number ? "singleValue" : "timeSeries",
      stacked: false,
      metrics: metrics(panel),
      ...(panel.limit !== undefined && {
        annotations: { horizontal: [{ label: "limit", value: panel.limit }] },
      }),
    },
  };
}

/** `[namespace, metric, dimension, value, …, options]` for each query that CloudWatch can answer. */
function metrics({ queries }: PanelArgs): Input<unknown>[][] {
  return byName(queries).flatMap(([label, { cloudWatch }]) =>
    cloudWatch ? [metric(label, cloudWatch)] : [],
  );
}

function metric(label: string, query: CloudWatchQueryArgs): Input<unknown>[] {
  const { namespace, metric, dimensions = {}, statistic, periodSeconds = PERIOD_SECONDS } = query;
  const options = { label, stat: statistic, period: periodSeconds };
  return [namespace, metric, ...byName(dimensions).flat(), options];
}

/** The alerts that CloudWatch can tell, as alarms; `key` is `group-name`. */
export function planAlarms(groups: Record<string, AlertGroupArgs>): AlarmSpec[] {
  return byName(groups).flatMap(([group, { rules }]) =>
    byName(rules).flatMap(([name, rule]) => {
      const { cloudWatch } = rule.query;
      if (!cloudWatch) return [];
      const { periodSeconds = PERIOD_SECONDS } = cloudWatch;
      return [
        {
          key: `${group}-${name}`,
          description: `[${rule.severity}] ${rule.summary}. ${rule.action}`,
          namespace: cloudWatch.namespace,
          metric: cloudWatch.metric,
          dimensions: cloudWatch.dimensions ?? {},
          statistic: cloudWatch.statistic,
          comparison: rule.comparison === Comparison.above ? "GreaterThanThreshold" : "LessThanThreshold",
          threshold: rule.threshold,
          periodSeconds,
          periods: Math.max(1, Math.ceil((rule.minutes * 60) / periodSeconds)),
          missingData: rule.alsoWhenMissing ? "breaching" : "notBreaching",
        } satisfies AlarmSpec,
      ];
    }),
  );
}
