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

/** By which directory the users of a managed Grafana sign in. */
export const GrafanaSignIn = {
  /** IAM Identity Center, which the organization has. */
  identityCenter: "AWS_SSO",
  /** An identity provider that speaks SAML, such as Keycloak; its metadata are given to the workspace afterwards. */
  saml: "SAML",
} as const;
export type GrafanaSignIn = (typeof GrafanaSignIn)[keyof typeof GrafanaSignIn];

/** A workspace of Amazon Managed Grafana that may ask the metrics of this account and region. */
export interface ManagedGrafanaArgs {
  /** Default true. */
  enabled?: boolean;
  /** Account number, twelve digits: only this account's Grafana takes the role. */
  accountId: string;
  /** There is no default: who gets in is a decision. */
  signIn: GrafanaSignIn;
  /** Version of Grafana, such as 10.4. Default 10.4. */
  version?: string;
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
  /** Default: no Grafana. Dashboards are not put into it: that needs a token of the workspace, which is made in it. */
  grafana?: ManagedGrafanaArgs;
  /** On every resource, beside those of the provider. */
  tags?: Record<string, Input<string>>;
  /** Arguments laid over those of the children, by role. */
  overrides?: Overrides;
}
