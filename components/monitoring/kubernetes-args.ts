import type { Input } from "@pulumi/pulumi";
import type { SecretKeyArgs, SecretLoginArgs } from "../kubernetes/args.ts";
import type { Overrides } from "../overrides.ts";
import type { AlertGroupArgs, DashboardArgs } from "./args.ts";

/** Whether somebody hears of alerts. There is no default: silence is a decision. */
export const NotifyChoice = {
  /** Alertmanager tells the receivers. */
  receivers: "receivers",
  /** Alerts are seen in Prometheus only; there is no Alertmanager. */
  none: "none",
} as const;
export type NotifyChoice = (typeof NotifyChoice)[keyof typeof NotifyChoice];

/** Who reaches Grafana from outside of the cluster. There is no default. */
export const MonitoringExposure = {
  /** By an Ingress. */
  ingress: "ingress",
  /** Nobody: `kubectl port-forward` only. */
  none: "none",
} as const;
export type MonitoringExposure = (typeof MonitoringExposure)[keyof typeof MonitoringExposure];

/** What takes an alert. */
export const ReceiverKind = {
  /** An address that takes Alertmanager's JSON. The secret is the address. */
  webhook: "webhook",
  /** A channel of Slack. The secret is the address of an incoming webhook. */
  slack: "slack",
  /** PagerDuty's Events API v2. The secret is the integration key. */
  pagerDuty: "pagerDuty",
} as const;
export type ReceiverKind = (typeof ReceiverKind)[keyof typeof ReceiverKind];

/** Where alerts of one severity go. */
export interface ReceiverArgs {
  kind: ReceiverKind;
  /** The address or key, in a Secret of the namespace. */
  secret: SecretKeyArgs;
  /** Slack only: `#operations`. */
  channel?: string;
}

/** `{ choice: "receivers", page: {…} }` or `{ choice: "none" }`. */
export interface NotifyArgs {
  choice: NotifyChoice;
  /** Required with `receivers`. */
  page?: ReceiverArgs;
  /** Default: as `page`. */
  ticket?: ReceiverArgs;
}

/** Prometheus: what it is and what it keeps. */
export interface PrometheusArgs {
  /** By digest; version 2.42 or later. */
  image: Input<string>;
  /** Days that metrics are kept, 1 to 400. Default 15. */
  retentionDays?: number;
  /** Disk of each instance in GiB, 5 to 4096; the oldest metrics go when four fifths are full. Default 50. */
  storageGibibytes?: number;
  /** Default: the cluster's. */
  storageClassName?: Input<string>;
  /** Memory of each, requested and the limit, in MiB, 256 to 262144. Default 2048. */
  memoryMebibytes?: number;
}

/** The way in to Grafana. */
export interface MonitoringIngressArgs {
  /** `https://grafana.internal.example.com`. */
  url: string;
  /** IngressClass of a controller that is there. */
  className: string;
  /** Secret of type kubernetes.io/tls for the host of `url`. */
  tlsSecretName: Input<string>;
  /** Namespaces of the controller: they may call. */
  controllerNamespaces: string[];
  /** Default none. */
  annotations?: Record<string, Input<string>>;
}

export interface MonitoringOnKubernetesArgs {
  /** A namespace that is there; it may enforce Pod Security `restricted`. */
  namespace: string;
  /** Namespaces whose pods may be found and asked, besides this one. A pod asks for it by its annotations. */
  watch: string[];
  /** Where the API server is, as IPv4 ranges: Prometheus finds pods by it. */
  apiServerRanges: string[];
  prometheus: PrometheusArgs;
  /** Image of Alertmanager by digest, 0.26 or later. Required when `notify` has receivers. */
  alertmanagerImage?: Input<string>;
  /** Image of Grafana by digest. */
  grafanaImage: Input<string>;
  /** Where Loki is asked: `logs.url` of a `LogsOnKubernetes` in the same namespace. Default: Grafana shows no logs. */
  logsUrl?: Input<string>;
  /** Grafana's first administrator. */
  grafanaAdmin: SecretLoginArgs;
  /** By key, which is part of the dashboard's address. */
  dashboards?: Record<string, DashboardArgs>;
  /** By group. The monitoring's own alerts are there without saying. */
  alerts?: Record<string, AlertGroupArgs>;
  notify: NotifyArgs;
  exposure: MonitoringExposure;
  /** Required with `exposure` ingress. */
  ingress?: MonitoringIngressArgs;
  /** Of Prometheus and of Alertmanager, 1 to 4; each instance sees everything. Default 2. */
  instances?: number;
  /** On every object, beside the recommended ones. */
  labels?: Record<string, Input<string>>;
  /** Arguments laid over those of the children, by role. */
  overrides?: Overrides;
}
