// Prometheus's configuration. JSON is YAML, which is what Prometheus reads.

import type { Json } from "../json.ts";

export const PROMETHEUS_PORT = 9090;
export const ALERTMANAGER_PORT = 9093;

/** The label under which a component's metrics carry its name: `instance` is Prometheus's own. */
export const COMPONENT_LABEL = "instance_of";

/** Labels of a pod by which its metrics are told apart → labels of Kubernetes' discovery. */
const KEPT_LABELS: Record<string, string> = {
  namespace: "__meta_kubernetes_namespace",
  pod: "__meta_kubernetes_pod_name",
  application: "__meta_kubernetes_pod_label_app_kubernetes_io_name",
  [COMPONENT_LABEL]: "__meta_kubernetes_pod_label_app_kubernetes_io_instance",
  component: "__meta_kubernetes_pod_label_app_kubernetes_io_component",
};

/**
 * Finds the pods of the namespaces that ask for it by annotation (`prometheus.io/scrape`, `port`, `path`,
 * `scheme`), evaluates the rules, and tells every Alertmanager behind a name.
 */
export function planPrometheus(settings: {
  namespaces: string[];
  ruleFiles: string;
  alertmanagers?: string;
}): Json {
  const { namespaces, ruleFiles, alertmanagers } = settings;
  return {
    global: { scrape_interval: "30s", scrape_timeout: "10s", evaluation_interval: "30s" },
    rule_files: [ruleFiles],
    ...(alertmanagers !== undefined && {
      alerting: {
        alertmanagers: [{ dns_sd_configs: [{ names: [alertmanagers], type: "A", port: ALERTMANAGER_PORT }] }],
      },
    }),
    scrape_configs: [
      {
        job_name: "pods",
        kubernetes_sd_configs: [{ role: "pod", namespaces: { names: [...namespaces].sort() } }],
        // A certificate inside the cluster is for the name that users know, not for a pod's address.
        tls_config: { insecure_skip_verify: true },
        relabel_configs: [
          { source_labels: [annotation("scrape")], regex: "true", action: "keep" },
          { source_labels: ["__meta_kubernetes_pod_phase"], regex: "Running", action: "keep" },
          { source_labels: [annotation("scheme")], regex: "(https?)", target_label: "__scheme__" },
          { source_labels: [annotation("path")], regex: "(.+)", target_label: "__metrics_path__" },
          {
            source_labels: ["__meta_kubernetes_pod_ip", annotation("port")],
            regex: "(.+);(\\d+)",
            replacement: "$1:$2",
            target_label: "__address__",
          },
          // A pod is found once for each of its ports: the address is the same, so it is asked once.
          ...Object.entries(KEPT_LABELS).map(([label, source]) => ({
            source_labels: [source],
            target_label: label,
          })),
        ],
      },
    ],
  };
}

function annotation(name: string): string {
  return `__meta_kubernetes_pod_annotation_prometheus_io_${name}`;
}
