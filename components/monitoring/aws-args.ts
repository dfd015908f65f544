import type { Input } from "@pulumi/pulumi";
import type { AlarmArgs } from "../alarms.ts";
import type { Overrides } from "../overrides.ts";
import type { AlertGroupArgs, DashboardArgs } from "./args.ts";

/** A workspace of Amazon Managed Service for Prometheus. */
export interface ManagedPrometheusArgs {
  /** Default true. */
  enabled?: boolean;
  /** Key that encrypts the metrics; it cannot be changed. Default: a key of the service. */
  kmsKeyArn?: Input<string>;
  /** Days that the service's own log of failing rules is kept. Default 365. */
  logRetentionDays?: number;
}

export interface MonitoringOnAwsArgs {
  /** Region of the metrics, such as eu-west-1: that of the provider. */
  region: string;
  /** By key, which ends the dashboard's name. */
  dashboards?: Record<string, DashboardArgs>;
  /** By group. Those with PromQL go to the workspace, those with metrics of CloudWatch become alarms. */
  alerts?: Record<string, AlertGroupArgs>;
  /**
   * Who is told, by both kinds of alert. The topics' policies must let cloudwatch.amazonaws.com and, for the
   * workspace, aps.amazonaws.com publish.
   */
  alarms: AlarmArgs;
  /** Default: no workspace. Required for alerts that only PromQL can tell. */
  prometheus?: ManagedPrometheusArgs;
  /** On every resource, beside those of the provider. */
  tags?: Record<string, Input<string>>;
  /** Arguments laid over those of the children, by role. */
  overrides?: Overrides;
}
