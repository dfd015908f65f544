import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { StatefulSet } from "@pulumi/kubernetes/apps/v1/statefulSet.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { Ingress } from "@pulumi/kubernetes/networking/v1/ingress.js";
import { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1/podDisruptionBudget.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
  output,
} from "@pulumi/pulumi";
import { checkImage } from "../fargate-task/image.ts";
import { judged, refuse } from "../faults.ts";
import { jsonText } from "../json.ts";
import { selectorLabels } from "../kubernetes/pods.ts";
import { override } from "../overrides.ts";
import { planAlertmanager } from "./alertmanager-config.ts";
import {
  GRAFANA_PORT,
  provisionDashboards,
  provisionDataSource,
  provisionFolder,
} from "./grafana-provisioning.ts";
import { type MonitoringOnKubernetesArgs, NotifyChoice } from "./kubernetes-args.ts";
import { checkMonitoringOnKubernetes } from "./kubernetes-check.ts";
import {
  alertmanagerPolicy,
  grafanaPolicy,
  prometheusPolicy,
  watchedNamespaces,
} from "./kubernetes-network.ts";
import { kubernetesParts } from "./kubernetes-parts.ts";
import { alertmanagerPod, GRAFANA_FOLDERS, grafanaPod, prometheusPod } from "./kubernetes-pods.ts";
import { OWN_ALERTS } from "./own-alerts.ts";
import { ALERTMANAGER_PORT, PROMETHEUS_PORT, planPrometheus } from "./prometheus-config.ts";
import { planRules } from "./prometheus-rules.ts";

/**
 * Prometheus, Alertmanager and Grafana on Kubernetes, without charts and without custom resources: dashboards
 * and alerts are arguments. Prometheus sees the pods of the namespaces that it is told, by a role in each;
 * Grafana keeps nothing and can be replaced at any time.
 *
 * ```ts
 * const monitoring = new MonitoringOnKubernetes("watch", {
 *   namespace: "monitoring",
 *   watch: ["identity"],
 *   apiServerRanges: ["10.96.0.1/32", "10.0.0.0/24"],
 *   prometheus: { image: "registry.example.com/prometheus@sha256:…" },
 *   alertmanagerImage: "registry.example.com/alertmanager@sha256:…",
 *   grafanaImage: "registry.example.com/grafana@sha256:…",
 *   grafanaAdmin: { secretName: "grafana-admin" },
 *   dashboards: { keycloak: keycloakDashboard({ namespace: "identity", name: "id" }) },
 *   alerts: { keycloak: keycloakAlerts({ namespace: "identity", name: "id" }) },
 *   notify: {
 *     choice: NotifyChoice.receivers,
 *     page: { kind: ReceiverKind.pagerDuty, secret: { secretName: "pager", key: "key" } },
 *   },
 *   exposure: MonitoringExposure.none,
 * });
 * ```
 *
 * A month: about 60 USD of nodes and 10 USD of disks for two instances of each.
 */
export class MonitoringOnKubernetes extends ComponentResource {
  /** Where Prometheus is asked inside the cluster. */
  readonly prometheusUrl: Output<string>;
  /** Where Grafana is: its public address, or the one inside the cluster. */
  readonly grafanaUrl: Output<string>;

  constructor(name: string, args: MonitoringOnKubernetesArgs, opts?: ComponentResourceOptions) {
    super("roost-components:index:MonitoringOnKubernetes", name, {}, opts);
    const image = (field: string, value: Input<string>) =>
      judged("MonitoringOnKubernetes", name, value, (known) => checkImage(field, known));
    const prometheus = image("prometheus.image", args.prometheus?.image);
    const grafana = image("grafanaImage", args.grafanaImage);
    const alertmanager =
      args.alertmanagerImage === undefined ? undefined : image("alertmanagerImage", args.alertmanagerImage);
    refuse("MonitoringOnKubernetes", name, [
      ...checkMonitoringOnKubernetes(name, args),
      ...[prometheus, grafana, alertmanager].flatMap((judgement) => judgement?.faults ?? []),
    ]);

    makeMonitoring(this, name, args, {
      prometheus: prometheus.value,
      grafana: grafana.value,
      alertmanager: alertmanager?.value ?? "",
    });

    this.prometheusUrl = output(prometheusUrl(name, args));
    this.grafanaUrl = output(
      args.ingress?.url ?? `http://${name}-grafana.${args.namespace}.svc:${GRAFANA_PORT}`,
    );
    this.registerOutputs({ prometheusUrl: this.prometheusUrl, grafanaUrl: this.grafanaUrl });
  }
}

function prometheusUrl(name: string, { namespace }: MonitoringOnKubernetesArgs): string {
  return `http://${name}-prometheus.${namespace}.svc:${PROMETHEUS_PORT}`;
}

type Part = "prometheus" | "alertmanager" | "grafana";

function makeMonitoring(
  parent: MonitoringOnKubernetes,
  name: string,
  args: MonitoringOnKubernetesArgs,
  images: Record<Part, Input<string>>,
) {
  const { namespace, overrides, instances = 2 } = args;
  const labels = {
    prometheus: selectorLabels("prometheus", name, "prometheus"),
    alertmanager: selectorLabels("alertmanager", name, "alertmanager"),
    grafana: selectorLabels("grafana", name, "grafana"),
  };
  const tells = args.notify.choice === NotifyChoice.receivers;

  const parts = kubernetesParts({ parent, name, args, labels });
  const { metadata, podMetadata, makeAccount, makeFiles } = parts;

  parts.makePolicies({
    prometheus: prometheusPolicy(args, labels),
    ...(tells && { alertmanager: alertmanagerPolicy(labels) }),
    grafana: grafanaPolicy(args, labels),
  });
  makePrometheus();
  if (tells) makeAlertmanager();
  makeGrafana();
  if (args.ingress) makeIngress();

  function makePrometheus(): void {
    const account = makeAccount("prometheus");
    for (const watched of watchedNamespaces(args)) parts.allowToRead("prometheus", watched, account);
    const alertmanagers = tells ? `${name}-alertmanagers.${namespace}.svc` : undefined;
    const config = planPrometheus({
      namespaces: watchedNamespaces(args),
      ruleFiles: "/etc/prometheus/rules/*.json",
      ...(alertmanagers && { alertmanagers }),
    });
    const rules = planRules({ ...args.alerts, monitoring: OWN_ALERTS });
    makeSet("prometheus", "prometheuses", {
      spec: prometheusPod(args, {
        serviceAccountName: account.metadata.name,
        labels: labels.prometheus,
        image: images.prometheus,
        files: [
          [
            "config",
            makeFiles("prometheus", "config", { "prometheus.json": jsonText(config) }),
            "/etc/prometheus",
          ],
          [
            "rules",
            makeFiles("prometheus", "rules", { "rules.json": jsonText(rules) }),
            "/etc/prometheus/rules",
          ],
        ],
      }),
      port: PROMETHEUS_PORT,
      disk: true,
    });
    makeService("prometheus", PROMETHEUS_PORT);
  }

  function makeAlertmanager(): void {
    const account = makeAccount("alertmanager");
    const names = Array.from({ length: instances }, (_, at) => `${name}-alertmanager-${at}`);
    makeSet("alertmanager", "alertmanagers", {
      spec: alertmanagerPod(args, {
        serviceAccountName: account.metadata.name,
        labels: labels.alertmanager,
        image: images.alertmanager,
        peers: names.map((pod) => `${pod}.${name}-alertmanagers.${namespace}.svc`),
        files: [
          [
            "config",
            makeFiles("alertmanager", "config", {
              "alertmanager.json": jsonText(planAlertmanager(args.notify)),
            }),
            "/etc/alertmanager",
          ],
        ],
      }),
      port: ALERTMANAGER_PORT,
      disk: false,
    });
  }

  function makeGrafana(): void {
    const account = makeAccount("grafana");
    const dashboards = provisionDashboards(args.dashboards ?? {});
    new Deployment(
      `${name}-grafana`,
      override(overrides, "grafana", {
        metadata: metadata("grafana", `${name}-grafana`),
        spec: {
          replicas: 1,
          strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
          selector: { matchLabels: labels.grafana },
          template: {
            metadata: podMetadata("grafana", GRAFANA_PORT),
            spec: grafanaPod(args, {
              serviceAccountName: account.metadata.name,
              labels: labels.grafana,
              image: images.grafana,
              files: [
                [
                  "source",
                  makeFiles(
                    "grafana",
                    "source",
                    output(args.logsUrl).apply((logs) =>
                      provisionDataSource(prometheusUrl(name, args), logs),
                    ),
                  ),
                  GRAFANA_FOLDERS.dataSource,
                ],
                ["folder", makeFiles("grafana", "folder", provisionFolder()), GRAFANA_FOLDERS.folder],
                ["dashboards", makeFiles("grafana", "dashboards", dashboards), GRAFANA_FOLDERS.dashboards],
              ],
            }),
          },
        },
      }),
      { parent },
    );
    makeService("grafana", GRAFANA_PORT);
  }

  function makeSet(
    part: "prometheus" | "alertmanager",
    serviceName: string,
    { spec, port, disk }: { spec: ReturnType<typeof prometheusPod>; port: number; disk: boolean },
  ): void {
    const { storageGibibytes = 50, storageClassName } = args.prometheus;
    const claim = {
      metadata: { name: "metrics" },
      spec: {
        accessModes: ["ReadWriteOnce"],
        ...(storageClassName !== undefined && { storageClassName }),
        resources: { requests: { storage: `${storageGibibytes}Gi` } },
      },
    };
    new StatefulSet(
      `${name}-${part}`,
      override(overrides, part, {
        metadata: metadata(part, `${name}-${part}`),
        spec: {
          serviceName: `${name}-${serviceName}`,
          replicas: instances,
          // Peers look each other up: none is ready alone.
          podManagementPolicy: "Parallel",
          updateStrategy: { type: "RollingUpdate" },
          selector: { matchLabels: labels[part] },
          template: { metadata: podMetadata(part, port), spec },
          ...(disk && { volumeClaimTemplates: [claim] }),
        },
      }),
      { parent },
    );
    makeService(part, port, `${name}-${serviceName}`);
    new PodDisruptionBudget(
      `${name}-${part}-budget`,
      override(overrides, "podDisruptionBudget", {
        metadata: metadata(part, `${name}-${part}`),
        spec: { maxUnavailable: 1, selector: { matchLabels: labels[part] } },
      }),
      { parent },
    );
  }

  /** @param headless name of a service that gives the addresses of all instances, ready or not. */
  function makeService(part: Part, port: number, headless?: string): void {
    new Service(
      headless ?? `${name}-${part}-service`,
      override(overrides, "service", {
        metadata: {
          ...metadata(part, headless ?? `${name}-${part}`),
          // The workloads are waited for themselves.
          annotations: { "pulumi.com/skipAwait": "true" },
        },
        spec: {
          selector: labels[part],
          ports: [{ name: "web", port, targetPort: "web" }],
          ...(headless
            ? { clusterIP: "None", publishNotReadyAddresses: true }
            : // Instances of Prometheus differ by some seconds: a reader stays with one.
              { type: "ClusterIP", sessionAffinity: "ClientIP" }),
        },
      }),
      { parent },
    );
  }

  function makeIngress(): void {
    const { url, className, tlsSecretName, annotations } = args.ingress!;
    const host = new URL(url).hostname;
    const backend = { service: { name: `${name}-grafana`, port: { name: "web" } } };
    new Ingress(
      `${name}-ingress`,
      override(overrides, "ingress", {
        metadata: { ...metadata("grafana", `${name}-grafana`), annotations: { ...annotations } },
        spec: {
          ingressClassName: className,
          tls: [{ hosts: [host], secretName: tlsSecretName }],
          rules: [{ host, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
        },
      }),
      { parent },
    );
  }
}
