// Who reaches Keycloak on Kubernetes, and what it reaches.

import type { networking } from "@pulumi/kubernetes/types/input.js";
import { DNS_RULE, HTTPS_RULE, podsOf, tcp } from "../kubernetes/network-policies.ts";
import { KeycloakEgress, type KeycloakOnKubernetesArgs } from "./kubernetes-args.ts";
import { KEYCLOAK_PORTS } from "./server-plan.ts";

type Labels = Record<string, string>;

/** Instances: called on the web port, watched on the management port, and among themselves. */
export function serverPolicy(
  args: KeycloakOnKubernetesArgs,
  labels: Labels,
): networking.v1.NetworkPolicySpec {
  const callers = [
    ...new Set([...(args.ingress?.controllerNamespaces ?? []), ...(args.callers ?? [])]),
  ].sort();
  const web = args.certificateSecretName === undefined ? KEYCLOAK_PORTS.http : KEYCLOAK_PORTS.https;
  const peers = [{ podSelector: { matchLabels: labels } }];
  const cluster = tcp(KEYCLOAK_PORTS.cluster, KEYCLOAK_PORTS.clusterFailure);
  return {
    podSelector: { matchLabels: labels },
    policyTypes: ["Ingress", "Egress"],
    ingress: [
      ...(callers.length > 0
        ? [{ from: callers.map((namespace) => podsOf(namespace)), ports: tcp(web) }]
        : []),
      ...(args.monitoringNamespace === undefined
        ? []
        : [{ from: [podsOf(args.monitoringNamespace)], ports: tcp(KEYCLOAK_PORTS.management) }]),
      { from: peers, ports: cluster },
    ],
    egress: [
      { to: peers, ports: cluster },
      ...databaseRules(args),
      ...(args.egress === KeycloakEgress.https ? [HTTPS_RULE] : []),
    ],
  };
}

/** The import job: called by nobody (an empty list would be stored as none, and differ for ever), reaches the database. */
export function importPolicy(
  args: KeycloakOnKubernetesArgs,
  labels: Labels,
): networking.v1.NetworkPolicySpec {
  return {
    podSelector: { matchLabels: labels },
    policyTypes: ["Ingress", "Egress"],
    egress: databaseRules(args),
  };
}

function databaseRules({ database }: KeycloakOnKubernetesArgs) {
  const to = [...database.ranges].sort().map((cidr) => ({ ipBlock: { cidr } }));
  return [DNS_RULE, { to, ports: tcp(database.port ?? 5432) }];
}
