import type { Input } from "@pulumi/pulumi";

/** How bad it is when an alert fires: it decides who is told, and when. */
export const Severity = {
  /** Users are hurt now: somebody is woken. */
  page: "page",
  /** It will hurt if nobody acts within days. */
  ticket: "ticket",
} as const;
export type Severity = (typeof Severity)[keyof typeof Severity];

/** Which side of its threshold a value is wrong on. */
export const Comparison = {
  above: "above",
  below: "below",
} as const;
export type Comparison = (typeof Comparison)[keyof typeof Comparison];

/** What a value is, so that axes are labelled right. */
export const Unit = {
  /** A plain number. */
  count: "count",
  /** 0 to 100. */
  percent: "percent",
  /** 0 to 1, shown in percent. */
  ratio: "ratio",
  seconds: "seconds",
  milliseconds: "milliseconds",
  bytes: "bytes",
  bytesPerSecond: "bytesPerSecond",
  perSecond: "perSecond",
} as const;
export type Unit = (typeof Unit)[keyof typeof Unit];

/** How a panel shows its values. */
export const PanelKind = {
  /** Lines over time. */
  graph: "graph",
  /** The newest value, large. */
  number: "number",
} as const;
export type PanelKind = (typeof PanelKind)[keyof typeof PanelKind];

/** One metric of CloudWatch. */
export interface CloudWatchQueryArgs {
  /** Such as AWS/ECS. */
  namespace: string;
  /** Such as CPUUtilization. */
  metric: string;
  /** Which one of the namespace's, such as `{ ClusterName: cluster.name }`. Default none. */
  dimensions?: Record<string, Input<string>>;
  /** Average, Sum, Maximum, Minimum, SampleCount or a percentile such as p99. */
  statistic: string;
  /** 10, 30 or a multiple of 60. Default 60. */
  periodSeconds?: number;
}

/** What is looked at, in the words of each system that can be asked. At least one. */
export interface QueryArgs {
  /** PromQL, without a comparison. */
  prometheus?: string;
  cloudWatch?: CloudWatchQueryArgs;
}

/** One picture of a dashboard. */
export interface PanelArgs {
  /** Unique on the dashboard. */
  title: string;
  /** What a reader learns from it. */
  description?: string;
  /** Default graph. */
  kind?: PanelKind;
  unit: Unit;
  /** By legend. For PromQL the legend may name labels: `{{instance}}`. */
  queries: Record<string, QueryArgs>;
  /** A line at the value from which it is wrong. Default none. */
  limit?: number;
  /** Columns of 24, 4 to 24. Default 12. */
  width?: number;
}

/** A dashboard as data: rendered for Grafana from PromQL, for CloudWatch from its metrics. */
export interface DashboardArgs {
  /** Above the panels. It may change: the key is the address. */
  title: string;
  /** Who looks at it, and when. */
  description: string;
  /** From the upper left, row by row. */
  panels: PanelArgs[];
}

/** An alert as data: rendered as a rule of Prometheus, as an alarm of CloudWatch, or as both. */
export interface AlertRuleArgs {
  /** What is wrong, in one line. */
  summary: string;
  /** What to do first. */
  action: string;
  severity: Severity;
  query: QueryArgs;
  comparison: Comparison;
  /** The value from which on it is wrong, in the query's unit. */
  threshold: number;
  /** How long it must be so, 1 to 1440 minutes. */
  minutes: number;
  /** No data is as bad as bad data. Default false. */
  alsoWhenMissing?: boolean;
}

/** Alerts that are about one thing, by the alert's name, such as KeycloakDown. */
export interface AlertGroupArgs {
  /**
   * Labels of each of its alerts in Prometheus: what they are about, also where PromQL sums labels away. By
   * `namespace` and `instance_of` a page silences the tickets about the same component. Default none.
   */
  labels?: Record<string, string>;
  /** By name, which no other group has. */
  rules: Record<string, AlertRuleArgs>;
}
