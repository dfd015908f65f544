import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { StatefulSet } from "@pulumi/kubernetes/apps/v1/statefulSet.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
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
import { watchedNamespaces } from "./kubernetes-network.ts";
import { kubernetesParts } from "./kubernetes-parts.ts";
import type { LogsOnKubernetesArgs } from "./logs-args.ts";
import {
  ALLOY_PORT,
  alloyPolicy,
  checkLogsOnKubernetes,
  LOKI_PORT,
  lokiPolicy,
  planAlloy,
  planLoki,
} from "./logs-plan.ts";
import { alloyPod, lokiPod } from "./logs-pods.ts";

/**
 * The logs of pods on Kubernetes: Loki keeps them on a disk, Alloy reads them by the API server. No folder of a
 * machine is mounted, so both are admitted by a namespace that enforces Pod Security `restricted`, and logs of
 * other namespaces cannot be read. One Loki: while it is replaced, lines wait where they are.
 *
 * ```ts
 * const logs = new LogsOnKubernetes("logs", {
 *   namespace: "monitoring",
 *   watch: ["identity"],
 *   apiServerRanges: ["10.96.0.1/32", "10.0.0.0/24"],
 *   lokiImage: "registry.example.com/loki@sha256:…",
 *   alloyImage: "registry.example.com/alloy@sha256:…",
 * });
 * // Arguments of the MonitoringOnKubernetes beside it.
 * const alerts = { logs: logsAlerts({ namespace: "monitoring", name: "logs" }) };
 * const held = { logsUrl: logs.url, alerts };
 * ```
 *
 * A month: about 15 USD of nodes and 5 USD of a disk. The API server passes every line on, so it is for some
 * megabytes a second, not for a cluster of hundreds of machines.
 */
export class LogsOnKubernetes extends ComponentResource {
  /** Where Loki is asked inside the cluster. */
  readonly url: Output<string>;

  constructor(name: string, args: LogsOnKubernetesArgs, opts?: ComponentResourceOptions) {
    super("roost-components:index:LogsOnKubernetes", name, {}, opts);
    const image = (field: string, value: Input<string>) =>
      judged("LogsOnKubernetes", name, value, (known) => checkImage(field, known));
    const loki = image("lokiImage", args.lokiImage);
    const alloy = image("alloyImage", args.alloyImage);
    refuse("LogsOnKubernetes", name, [...checkLogsOnKubernetes(name, args), ...loki.faults, ...alloy.faults]);

    makeLogs(this, name, args, { loki: loki.value, alloy: alloy.value });

    this.url = output(lokiUrl(name, args));
    this.registerOutputs({ url: this.url });
  }
}

function lokiUrl(name: string, { namespace }: LogsOnKubernetesArgs): string {
  return `http://${name}-loki.${namespace}.svc:${LOKI_PORT}`;
}

type Part = "loki" | "alloy";

function makeLogs(
  parent: LogsOnKubernetes,
  name: string,
  args: LogsOnKubernetesArgs,
  images: Record<Part, Input<string>>,
): void {
  const { overrides, retentionDays = 30, storageGibibytes = 50, storageClassName } = args;
  const labels = {
    loki: selectorLabels("loki", name, "loki"),
    alloy: selectorLabels("alloy", name, "alloy"),
  };

  const parts = kubernetesParts({ parent, name, args, labels });
  const { metadata, podMetadata, makeAccount, makeFiles } = parts;

  parts.makePolicies({
    loki: lokiPolicy(labels.loki, labels.alloy),
    alloy: alloyPolicy(args, labels.loki, labels.alloy),
  });
  makeLoki();
  makeAlloy();

  function makeLoki(): void {
    const claim = {
      metadata: { name: "data" },
      spec: {
        accessModes: ["ReadWriteOnce"],
        ...(storageClassName !== undefined && { storageClassName }),
        resources: { requests: { storage: `${storageGibibytes}Gi` } },
      },
    };
    new StatefulSet(
      `${name}-loki`,
      override(overrides, "loki", {
        metadata: metadata("loki", `${name}-loki`),
        spec: {
          serviceName: `${name}-loki`,
          replicas: 1,
          selector: { matchLabels: labels.loki },
          template: {
            metadata: podMetadata("loki", LOKI_PORT),
            spec: lokiPod(args, {
              serviceAccountName: makeAccount("loki").metadata.name,
              labels: labels.loki,
              image: images.loki,
              files: [
                [
                  "config",
                  makeFiles("loki", "config", { "loki.json": jsonText(planLoki(retentionDays)) }),
                  "/etc/loki",
                ],
              ],
            }),
          },
          volumeClaimTemplates: [claim],
        },
      }),
      { parent },
    );
    new Service(
      `${name}-loki-service`,
      override(overrides, "service", {
        // The workload is waited for itself.
        metadata: {
          ...metadata("loki", `${name}-loki`),
          annotations: { "pulumi.com/skipAwait": "true" },
        },
        spec: {
          type: "ClusterIP",
          selector: labels.loki,
          ports: [{ name: "web", port: LOKI_PORT, targetPort: "web" }],
        },
      }),
      { parent },
    );
  }

  function makeAlloy(): void {
    const account = makeAccount("alloy");
    const namespaces = watchedNamespaces(args);
    const logs = { apiGroups: [""], resources: ["pods/log"], verbs: ["get"] };
    for (const read of namespaces) parts.allowToRead("alloy", read, account, [logs]);
    const config = planAlloy(namespaces, lokiUrl(name, args));
    new Deployment(
      `${name}-alloy`,
      override(overrides, "alloy", {
        metadata: metadata("alloy", `${name}-alloy`),
        spec: {
          replicas: 1,
          // Two would send each line twice.
          strategy: { type: "Recreate" },
          selector: { matchLabels: labels.alloy },
          template: {
            metadata: podMetadata("alloy", ALLOY_PORT),
            spec: alloyPod({
              serviceAccountName: account.metadata.name,
              labels: labels.alloy,
              image: images.alloy,
              files: [["config", makeFiles("alloy", "config", { "config.alloy": config }), "/etc/alloy"]],
            }),
          },
        },
      }),
      { parent },
    );
  }
}
