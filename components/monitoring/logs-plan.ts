// What Loki and its reader are configured with, what they may reach, and what to be told of them.

import type { networking } from "@pulumi/kubernetes/types/input.js";
import { type Fault, wholeNumber } from "../faults.ts";
import type { Json } from "../json.ts";
import { checkName, checkRanges } from "../kubernetes/names.ts";
import { DNS_RULE, tcp } from "../kubernetes/network-policies.ts";
import { unknownRoles } from "../overrides.ts";
import { type AlertGroupArgs, Comparison, Severity } from "./args.ts";
import type { LogsOnKubernetesArgs } from "./logs-args.ts";
import { COMPONENT_LABEL } from "./prometheus-config.ts";

export const LOKI_PORT = 3100;
export const ALLOY_PORT = 12345;
/** Loki's own folder: index, chunks, what is not yet written. */
export const LOKI_FOLDER = "/loki";

/** Roles of the children, for `overrides`. */
export const LOGS_ON_KUBERNETES_ROLES = [
  "serviceAccount",
  "role",
  "roleBinding",
  "configMap",
  "loki",
  "alloy",
  "service",
  "networkPolicy",
] as const;

/** Everything that is wrong with the arguments, but for the images. */
export function checkLogsOnKubernetes(name: string, args: LogsOnKubernetesArgs): Fault[] {
  const { apiServerRanges, retentionDays = 30, storageGibibytes = 50, memoryMebibytes = 1024 } = args;
  return [
    ...unknownRoles(args.overrides, LOGS_ON_KUBERNETES_ROLES),
    ...checkName("name", name, 40),
    ...checkName("namespace", args.namespace),
    ...args.watch.flatMap((namespace, at) => checkName(`watch[${at}]`, namespace)),
    ...checkRanges("apiServerRanges", apiServerRanges),
    ...(apiServerRanges.length === 0
      ? [{ field: "apiServerRanges", value: [], allowed: "at least one IPv4 range of the API server" }]
      : []),
    ...wholeNumber("retentionDays", retentionDays, 1, 400, "days"),
    ...wholeNumber("storageGibibytes", storageGibibytes, 5, 4096, "GiB"),
    ...wholeNumber("memoryMebibytes", memoryMebibytes, 256, 262_144, "MiB"),
  ];
}

/** One Loki with everything inside, on its own disk. https://grafana.com/docs/loki/latest/configure/ */
export function planLoki(retentionDays: number): Json {
  return {
    // Who may call is the network policy's to say.
    auth_enabled: false,
    server: { http_listen_port: LOKI_PORT, grpc_listen_address: "127.0.0.1", log_level: "warn" },
    common: {
      path_prefix: LOKI_FOLDER,
      replication_factor: 1,
      ring: { instance_addr: "127.0.0.1", kvstore: { store: "inmemory" } },
      storage: {
        filesystem: {
          chunks_directory: `${LOKI_FOLDER}/chunks`,
          rules_directory: `${LOKI_FOLDER}/rules`,
        },
      },
    },
    schema_config: {
      configs: [
        {
          from: "2025-01-01",
          store: "tsdb",
          object_store: "filesystem",
          schema: "v13",
          index: { prefix: "index_", period: "24h" },
        },
      ],
    },
    compactor: {
      working_directory: `${LOKI_FOLDER}/compactor`,
      retention_enabled: true,
      delete_request_store: "filesystem",
    },
    limits_config: { retention_period: `${retentionDays * 24}h`, volume_enabled: true },
    analytics: { reporting_enabled: false },
  };
}

/** Label of a line → what discovery says of its pod. */
const LABELS: Record<string, string> = {
  namespace: "namespace",
  pod: "pod_name",
  container: "pod_container_name",
  application: "pod_label_app_kubernetes_io_name",
  [COMPONENT_LABEL]: "pod_label_app_kubernetes_io_instance",
  component: "pod_label_app_kubernetes_io_component",
};

/**
 * The reader, in Alloy's own language: it asks the API server for logs, as `kubectl logs` does, so it needs no folder
 * of the machines, which `restricted` would not admit.
 * https://grafana.com/docs/alloy/latest/reference/components/loki/loki.source.kubernetes/
 */
export function planAlloy(namespaces: string[], lokiUrl: string): string {
  const rules = Object.entries(LABELS).flatMap(([label, source]) => [
    "  rule {",
    `    source_labels = ["__meta_kubernetes_${source}"]`,
    `    target_label  = "${label}"`,
    "  }",
  ]);
  return [
    'discovery.kubernetes "pods" {',
    '  role = "pod"',
    "  namespaces {",
    `    names = [${namespaces.map((namespace) => `"${namespace}"`).join(", ")}]`,
    "  }",
    "}",
    "",
    'discovery.relabel "pods" {',
    "  targets = discovery.kubernetes.pods.targets",
    ...rules,
    "}",
    "",
    'loki.source.kubernetes "pods" {',
    "  targets    = discovery.relabel.pods.output",
    "  forward_to = [loki.write.loki.receiver]",
    "}",
    "",
    'loki.write "loki" {',
    "  endpoint {",
    `    url = "${lokiUrl}/loki/api/v1/push"`,
    "  }",
    "}",
    "",
  ].join("\n");
}

type Labels = Record<string, string>;
const pods = (matchLabels: Labels) => ({ podSelector: { matchLabels } });
const application = (name: string) => pods({ "app.kubernetes.io/name": name });
const both = ["Ingress", "Egress"];

/** Told by its reader, asked by Grafana, measured by Prometheus; calls nobody, as no rule lets it out. */
export function lokiPolicy(loki: Labels, alloy: Labels): networking.v1.NetworkPolicySpec {
  const from = [pods(alloy), application("grafana"), application("prometheus")];
  return {
    ...pods(loki),
    policyTypes: both,
    ingress: [{ from, ports: tcp(LOKI_PORT) }],
  };
}

/** Measured by Prometheus; asks the API server, tells Loki. */
export function alloyPolicy(
  { apiServerRanges }: LogsOnKubernetesArgs,
  loki: Labels,
  alloy: Labels,
): networking.v1.NetworkPolicySpec {
  return {
    ...pods(alloy),
    policyTypes: both,
    ingress: [{ from: [application("prometheus")], ports: tcp(ALLOY_PORT) }],
    egress: [
      DNS_RULE,
      { to: [...apiServerRanges].sort().map((cidr) => ({ ipBlock: { cidr } })), ports: tcp(443, 6443) },
      { to: [pods(loki)], ports: tcp(LOKI_PORT) },
    ],
  };
}

/** Alerts about lines that are lost between pods and Loki, for `alerts` of a monitoring. */
export function logsAlerts({ namespace, name }: { namespace: string; name: string }): AlertGroupArgs {
  const of = `{namespace="${namespace}",${COMPONENT_LABEL}="${name}"}`;
  return {
    labels: { namespace, [COMPONENT_LABEL]: name },
    rules: {
      LogsLost: {
        summary: "Lines of logs are given up, since Loki does not take them",
        action: "Look whether Loki is ready and its disk has room, then at its log",
        severity: Severity.ticket,
        query: { prometheus: `sum(increase(loki_write_dropped_entries_total${of}[10m]))` },
        comparison: Comparison.above,
        threshold: 0,
        minutes: 5,
      },
      LogsDown: {
        summary: "Loki or its reader is not there: nothing is kept",
        action: "Look at both pods' events; a full disk keeps Loki from starting",
        severity: Severity.ticket,
        query: { prometheus: `count(up${of} == 1)` },
        comparison: Comparison.below,
        threshold: 2,
        minutes: 15,
        alsoWhenMissing: true,
      },
    },
  };
}
