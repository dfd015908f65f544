// Who reaches what in the monitoring of a cluster.

import type { networking } from "@pulumi/kubernetes/types/input.js";
import { DNS_RULE, HTTPS_RULE, podsOf, tcp } from "../kubernetes/network-policies.ts";
import { GRAFANA_PORT } from "./grafana-provisioning.ts";
import type { MonitoringOnKubernetesArgs } from "./kubernetes-args.ts";
import { GOSSIP_PORT } from "./kubernetes-pods.ts";
import { LOKI_PORT } from "./logs-plan.ts";
import { ALERTMANAGER_PORT, PROMETHEUS_PORT } from "./prometheus-config.ts";

type Labels = Record<string, string>;
type Policy = networking.v1.NetworkPolicySpec;

export interface MonitoringLabels {
  prometheus: Labels;
  alertmanager: Labels;
  grafana: Labels;
}

const both = ["Ingress", "Egress"];
const pods = (labels: Labels) => ({ podSelector: { matchLabels: labels } });

/** Asked by Grafana and itself; asks the pods of the watched namespaces and the API server. */
export function prometheusPolicy(args: MonitoringOnKubernetesArgs, of: MonitoringLabels): Policy {
  const namespaces = watchedNamespaces(args);
  return {
    ...pods(of.prometheus),
    policyTypes: both,
    ingress: [{ from: [pods(of.prometheus), pods(of.grafana)], ports: tcp(PROMETHEUS_PORT) }],
    egress: [
      DNS_RULE,
      { to: [...args.apiServerRanges].sort().map((cidr) => ({ ipBlock: { cidr } })), ports: tcp(443, 6443) },
      { to: namespaces.map((namespace) => podsOf(namespace)) },
    ],
  };
}

/** Told by Prometheus, gossips with its peers, tells receivers by HTTPS. */
export function alertmanagerPolicy(of: MonitoringLabels): Policy {
  const gossip = {
    ports: [...tcp(GOSSIP_PORT), { protocol: "UDP", port: GOSSIP_PORT }],
  };
  return {
    ...pods(of.alertmanager),
    policyTypes: both,
    ingress: [
      { from: [pods(of.prometheus)], ports: tcp(ALERTMANAGER_PORT) },
      { from: [pods(of.alertmanager)], ...gossip },
    ],
    egress: [DNS_RULE, { to: [pods(of.alertmanager)], ...gossip }, HTTPS_RULE],
  };
}

/** Called by the ingress controllers and measured by Prometheus; asks Prometheus, and Loki where there are logs. */
export function grafanaPolicy(args: MonitoringOnKubernetesArgs, of: MonitoringLabels): Policy {
  const controllers = [...(args.ingress?.controllerNamespaces ?? [])].sort();
  return {
    ...pods(of.grafana),
    policyTypes: both,
    ingress: [
      {
        from: [pods(of.prometheus), ...controllers.map((namespace) => podsOf(namespace))],
        ports: tcp(GRAFANA_PORT),
      },
    ],
    egress: [
      DNS_RULE,
      { to: [pods(of.prometheus)], ports: tcp(PROMETHEUS_PORT) },
      ...(args.logsUrl === undefined
        ? []
        : [{ to: [pods({ "app.kubernetes.io/name": "loki" })], ports: tcp(LOKI_PORT) }]),
    ],
  };
}

/** All namespaces whose pods may be asked, this one among them. */
export function watchedNamespaces({ namespace, watch }: { namespace: string; watch: string[] }): string[] {
  return [...new Set([namespace, ...watch])].sort();
}
