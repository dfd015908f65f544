import { type Fault, oneOf, wholeNumber } from "../faults.ts";
import { checkName, checkRanges } from "../kubernetes/names.ts";
import { unknownRoles } from "../overrides.ts";
import { checkAlerts, checkDashboards } from "./check.ts";
import {
  MonitoringExposure,
  type MonitoringOnKubernetesArgs,
  type NotifyArgs,
  NotifyChoice,
  ReceiverKind,
} from "./kubernetes-args.ts";

/** Roles of the children, for `overrides`. */
export const MONITORING_ON_KUBERNETES_ROLES = [
  "serviceAccount",
  "role",
  "roleBinding",
  "configMap",
  "prometheus",
  "alertmanager",
  "grafana",
  "service",
  "podDisruptionBudget",
  "networkPolicy",
  "ingress",
] as const;

/** Everything that is wrong with the arguments, but for the images. */
export function checkMonitoringOnKubernetes(name: string, args: MonitoringOnKubernetesArgs): Fault[] {
  const { prometheus, exposure, ingress, notify } = args;
  const faults = [
    ...unknownRoles(args.overrides, MONITORING_ON_KUBERNETES_ROLES),
    // Names of pods are made of it: "-alertmanager-0" and a hash of Kubernetes follow.
    ...checkName("name", name, 36),
    ...checkName("namespace", args.namespace),
    ...args.watch.flatMap((namespace, at) => checkName(`watch[${at}]`, namespace)),
    ...checkRanges("apiServerRanges", args.apiServerRanges),
    ...checkDashboards(args.dashboards),
    ...checkAlerts(args.alerts),
    ...checkNotify(notify),
    ...oneOf("exposure", exposure, MonitoringExposure),
    ...wholeNumber("instances", args.instances ?? 2, 1, 4),
    ...wholeNumber("prometheus.retentionDays", prometheus.retentionDays ?? 15, 1, 400, "days"),
    ...wholeNumber("prometheus.storageGibibytes", prometheus.storageGibibytes ?? 50, 5, 4096, "GiB"),
    ...wholeNumber("prometheus.memoryMebibytes", prometheus.memoryMebibytes ?? 2048, 256, 262_144, "MiB"),
  ];
  if (args.apiServerRanges.length === 0) {
    faults.push({
      field: "apiServerRanges",
      value: [],
      allowed: "at least one IPv4 range of the API server",
    });
  }
  if ((exposure === MonitoringExposure.ingress) !== (ingress !== undefined)) {
    const allowed = ingress ? "nothing when exposure is none" : "required when exposure is ingress";
    faults.push({ field: "ingress", value: ingress, allowed });
  }
  if (ingress && !/^https:\/\/[^/]+$/.test(ingress.url)) {
    faults.push({ field: "ingress.url", value: ingress.url, allowed: "https and a host, without a path" });
  }
  if (args.alerts?.monitoring) {
    faults.push({
      field: "alerts.monitoring",
      value: "monitoring",
      allowed: "another name: this group is there",
    });
  }
  const needed = notify?.choice === NotifyChoice.receivers;
  if (needed !== (args.alertmanagerImage !== undefined)) {
    const allowed = needed ? "required when notify has receivers" : "nothing when nobody is told";
    faults.push({ field: "alertmanagerImage", value: args.alertmanagerImage, allowed });
  }
  return faults;
}

function checkNotify(notify: NotifyArgs | undefined): Fault[] {
  const choice = oneOf("notify.choice", notify?.choice, NotifyChoice);
  if (!notify || choice.length > 0) return choice;
  if (notify.choice === NotifyChoice.none) {
    return notify.page || notify.ticket
      ? [{ field: "notify", value: Object.keys(notify), allowed: "no receivers when choice is none" }]
      : [];
  }
  if (!notify.page)
    return [{ field: "notify.page", value: undefined, allowed: "a receiver of what is urgent" }];
  return Object.entries({ page: notify.page, ticket: notify.ticket }).flatMap(([severity, receiver]) => {
    if (!receiver) return [];
    const field = `notify.${severity}`;
    const faults = oneOf(`${field}.kind`, receiver.kind, ReceiverKind);
    if ((receiver.kind === ReceiverKind.slack) !== (receiver.channel !== undefined)) {
      faults.push({
        field: `${field}.channel`,
        value: receiver.channel,
        allowed: "a channel for slack, for others none",
      });
    }
    return faults;
  });
}
