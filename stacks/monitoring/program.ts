import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import {
  keycloakAlerts,
  keycloakDashboard,
  LogsOnKubernetes,
  logsAlerts,
  MonitoringExposure,
  MonitoringOnKubernetes,
  NotifyChoice,
} from "../../components/index.ts";
import type { MonitoringConfig } from "./config.ts";

/**
 * Prometheus, Grafana, Alertmanager and, if wanted, Loki in a namespace of their own, with a dashboard and alerts of the Keycloak
 * that is named. Secrets of Grafana and of the receivers are put into the namespace by whoever keeps them.
 */
export async function program(config: MonitoringConfig) {
  const { namespace, watch, apiServerRanges, grafanaImage, storageClassName, receivers, ingress, keycloak } =
    config;
  const isKept = config.stage === "production";
  const made = new Namespace("namespace", {
    metadata: {
      name: namespace,
      labels: { "pod-security.kubernetes.io/enforce": "restricted", "roost.dev/stage": config.stage },
    },
  });
  const logs = config.logs && makeLogs(config.logs);
  const monitoring = new MonitoringOnKubernetes(
    "monitoring",
    {
      namespace,
      watch,
      apiServerRanges,
      prometheus: {
        image: config.prometheusImage,
        storageClassName,
        ...(isKept
          ? { retentionDays: 30 }
          : { retentionDays: 3, storageGibibytes: 10, memoryMebibytes: 512 }),
      },
      grafanaImage,
      grafanaAdmin: { secretName: config.grafanaAdminSecret },
      instances: isKept ? 2 : 1,
      ...(logs && { logsUrl: logs.url }),
      ...(keycloak && { dashboards: { keycloak: keycloakDashboard(keycloak) } }),
      alerts: {
        ...(keycloak && { keycloak: keycloakAlerts(keycloak) }),
        ...(logs && { logs: logsAlerts({ namespace, name: "logs" }) }),
      },
      ...(receivers === "none"
        ? { notify: { choice: NotifyChoice.none } }
        : {
            alertmanagerImage: receivers.alertmanagerImage,
            notify: { choice: NotifyChoice.receivers, page: receivers.page, ticket: receivers.ticket },
          }),
      ...(ingress === "none"
        ? { exposure: MonitoringExposure.none }
        : { exposure: MonitoringExposure.ingress, ingress }),
    },
    { dependsOn: made },
  );
  return {
    namespace: made.metadata.name,
    grafanaUrl: monitoring.grafanaUrl,
    prometheusUrl: monitoring.prometheusUrl,
  };

  function makeLogs(settings: NonNullable<MonitoringConfig["logs"]>): LogsOnKubernetes {
    return new LogsOnKubernetes(
      "logs",
      {
        ...settings,
        namespace,
        watch,
        apiServerRanges,
        storageClassName,
        ...(!isKept && { retentionDays: 3, storageGibibytes: 10, memoryMebibytes: 512 }),
      },
      { dependsOn: made },
    );
  }
}
