// The pods of Prometheus, Alertmanager and Grafana, as manifests.

import type { core } from "@pulumi/kubernetes/types/input.js";
import type { Input } from "@pulumi/pulumi";
import { RESTRICTED_CONTAINER, restrictedPod, spread } from "../kubernetes/pods.ts";
import { RECEIVER_FILE, receiverFolder, receivers } from "./alertmanager-config.ts";
import { DASHBOARD_FOLDER, GRAFANA_PORT, grafanaEnvironment } from "./grafana-provisioning.ts";
import type { MonitoringOnKubernetesArgs } from "./kubernetes-args.ts";
import { ALERTMANAGER_PORT, PROMETHEUS_PORT } from "./prometheus-config.ts";

/** Gossip between instances of Alertmanager. */
export const GOSSIP_PORT = 9094;

const NOBODY = 65_534;
const GRAFANA_USER = 472;

/** What the pods of one workload are told apart by. */
export interface PodContext {
  serviceAccountName: Input<string>;
  labels: Record<string, string>;
  image: Input<string>;
  /** ConfigMap → where its files are. */
  files: [name: string, configMap: Input<string>, folder: string][];
}

export function prometheusPod(args: MonitoringOnKubernetesArgs, context: PodContext): core.v1.PodSpec {
  const { retentionDays = 15, storageGibibytes = 50, memoryMebibytes = 2048 } = args.prometheus;
  const memory = `${memoryMebibytes}Mi`;
  return {
    ...basics(context, NOBODY),
    // It finds pods by the API.
    automountServiceAccountToken: true,
    // What is in memory is written before the end.
    terminationGracePeriodSeconds: 300,
    containers: [
      {
        ...container("prometheus", context, PROMETHEUS_PORT, "/-/ready", "/-/healthy"),
        args: [
          "--config.file=/etc/prometheus/prometheus.json",
          "--storage.tsdb.path=/prometheus",
          `--storage.tsdb.retention.time=${retentionDays}d`,
          `--storage.tsdb.retention.size=${Math.floor(storageGibibytes * 0.8 * 1024)}MB`,
        ],
        resources: { requests: { cpu: "250m", memory }, limits: { memory } },
        volumeMounts: [...mounts(context), { name: "metrics", mountPath: "/prometheus" }],
      },
    ],
    volumes: volumes(context),
  };
}

/** @param peers names of all instances, each with itself among them. */
export function alertmanagerPod(
  args: MonitoringOnKubernetesArgs,
  context: PodContext & { peers: string[] },
): core.v1.PodSpec {
  const secrets = receivers(args.notify);
  return {
    ...basics(context, NOBODY),
    containers: [
      {
        ...container("alertmanager", context, ALERTMANAGER_PORT, "/-/ready", "/-/healthy"),
        args: [
          "--config.file=/etc/alertmanager/alertmanager.json",
          "--storage.path=/alertmanager",
          `--cluster.listen-address=0.0.0.0:${GOSSIP_PORT}`,
          ...context.peers.map((peer) => `--cluster.peer=${peer}:${GOSSIP_PORT}`),
        ],
        ports: [
          { name: "web", containerPort: ALERTMANAGER_PORT },
          { name: "gossip", containerPort: GOSSIP_PORT },
          { name: "gossip-udp", containerPort: GOSSIP_PORT, protocol: "UDP" },
        ],
        resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "128Mi" } },
        volumeMounts: [
          ...mounts(context),
          { name: "state", mountPath: "/alertmanager" },
          ...secrets.map(([severity]) => ({
            name: `receiver-${severity}`,
            mountPath: receiverFolder(severity),
            readOnly: true,
          })),
        ],
      },
    ],
    volumes: [
      ...volumes(context),
      { name: "state", emptyDir: { sizeLimit: "256Mi" } },
      ...secrets.map(([severity, { secret }]) => ({
        name: `receiver-${severity}`,
        secret: {
          secretName: secret.secretName,
          defaultMode: 0o440,
          items: [{ key: secret.key ?? "password", path: RECEIVER_FILE }],
        },
      })),
    ],
  };
}

export function grafanaPod(args: MonitoringOnKubernetesArgs, context: PodContext): core.v1.PodSpec {
  const { secretName, usernameKey = "username", passwordKey = "password" } = args.grafanaAdmin;
  const admin = { GF_SECURITY_ADMIN_USER: usernameKey, GF_SECURITY_ADMIN_PASSWORD: passwordKey };
  return {
    ...basics(context, GRAFANA_USER),
    containers: [
      {
        ...container("grafana", context, GRAFANA_PORT, "/api/health", "/api/health"),
        env: [
          ...Object.entries(grafanaEnvironment(args.ingress?.url)).map(([name, value]) => ({ name, value })),
          ...Object.entries(admin).map(([name, key]) => ({
            name,
            valueFrom: { secretKeyRef: { name: secretName, key } },
          })),
        ].sort((a, b) => (a.name < b.name ? -1 : 1)),
        resources: { requests: { cpu: "100m", memory: "512Mi" }, limits: { memory: "512Mi" } },
        volumeMounts: [
          ...mounts(context),
          { name: "state", mountPath: "/var/lib/grafana" },
          { name: "tmp", mountPath: "/tmp" },
        ],
      },
    ],
    volumes: [
      ...volumes(context),
      { name: "state", emptyDir: { sizeLimit: "512Mi" } },
      { name: "tmp", emptyDir: { sizeLimit: "128Mi" } },
    ],
  };
}

/** Where Grafana's three kinds of files are. */
export const GRAFANA_FOLDERS = {
  dataSource: "/etc/grafana/provisioning/datasources",
  folder: "/etc/grafana/provisioning/dashboards",
  dashboards: DASHBOARD_FOLDER,
};

export function basics({ serviceAccountName, labels }: PodContext, user: number) {
  return {
    serviceAccountName,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: restrictedPod(user),
    topologySpreadConstraints: spread(labels),
  };
}

export function container(name: string, { image }: PodContext, port: number, ready: string, live: string) {
  const get = (path: string) => ({ httpGet: { path, port: "web" }, timeoutSeconds: 3 });
  return {
    name,
    image,
    ports: [{ name: "web", containerPort: port }],
    // Prometheus reads its log again after a crash: up to 15 minutes.
    startupProbe: { ...get(ready), periodSeconds: 5, failureThreshold: 180 },
    readinessProbe: { ...get(ready), periodSeconds: 5, failureThreshold: 3 },
    livenessProbe: { ...get(live), periodSeconds: 10, failureThreshold: 6 },
    securityContext: RESTRICTED_CONTAINER,
  };
}

export function mounts({ files }: PodContext) {
  return files.map(([name, , mountPath]) => ({ name, mountPath, readOnly: true }));
}

export function volumes({ files }: PodContext): core.v1.Volume[] {
  return files.map(([name, configMap]) => ({ name, configMap: { name: configMap } }));
}
