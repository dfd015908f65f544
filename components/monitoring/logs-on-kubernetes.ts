import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { StatefulSet } from "@pulumi/kubernetes/apps/v1/statefulSet.js";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import { Role } from "@pulumi/kubernetes/rbac/v1/role.js";
import { RoleBinding } from "@pulumi/kubernetes/rbac/v1/roleBinding.js";
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
import { scrapeAnnotations, selectorLabels } from "../kubernetes/pods.ts";
import { override } from "../overrides.ts";
import { watchedNamespaces } from "./kubernetes-network.ts";
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
 * new MonitoringOnKubernetes("watch", { logsUrl: logs.url, alerts: { logs: logsAlerts(…) }, … });
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
  const { namespace, overrides, retentionDays = 30, storageGibibytes = 50, storageClassName } = args;
  const labels = {
    loki: selectorLabels("loki", name, "loki"),
    alloy: selectorLabels("alloy", name, "alloy"),
  };

  makePolicies();
  makeLoki();
  makeAlloy();

  function metadata(part: Part, fixedName?: string, inNamespace = namespace) {
    return {
      namespace: inNamespace,
      labels: { ...args.labels, ...labels[part] },
      ...(fixedName && { name: fixedName }),
    };
  }

  function makePolicies(): void {
    const policies = {
      loki: lokiPolicy(labels.loki, labels.alloy),
      alloy: alloyPolicy(args, labels.loki, labels.alloy),
    };
    for (const [part, spec] of Object.entries(policies)) {
      new NetworkPolicy(
        `${name}-${part}-policy`,
        override(overrides, "networkPolicy", { metadata: metadata(part as Part, `${name}-${part}`), spec }),
        { parent },
      );
    }
  }

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
                  makeFiles("loki", { "loki.json": jsonText(planLoki(retentionDays)) }),
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
    for (const read of namespaces) allowToRead(read, account);
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
              files: [["config", makeFiles("alloy", { "config.alloy": config }), "/etc/alloy"]],
            }),
          },
        },
      }),
      { parent },
    );
  }

  function makeAccount(part: Part): ServiceAccount {
    return new ServiceAccount(
      `${name}-${part}-account`,
      override(overrides, "serviceAccount", {
        metadata: metadata(part, `${name}-${part}`),
        automountServiceAccountToken: false,
      }),
      { parent },
    );
  }

  /** Pods of one namespace and their logs: no secret, no other namespace. */
  function allowToRead(read: string, account: ServiceAccount): void {
    const role = new Role(
      `${name}-${read}-role`,
      override(overrides, "role", {
        metadata: metadata("alloy", `${name}-alloy`, read),
        rules: [
          { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] },
          { apiGroups: [""], resources: ["pods/log"], verbs: ["get"] },
        ],
      }),
      { parent },
    );
    new RoleBinding(
      `${name}-${read}-binding`,
      override(overrides, "roleBinding", {
        metadata: metadata("alloy", `${name}-alloy`, read),
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
        subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace }],
      }),
      { parent },
    );
  }

  /** A change gives it another name, and so a new pod. */
  function makeFiles(part: Part, data: Record<string, string>): Output<string> {
    const files = new ConfigMap(
      `${name}-${part}-config`,
      override(overrides, "configMap", { metadata: metadata(part), immutable: true, data }),
      { parent },
    );
    return files.metadata.name;
  }

  function podMetadata(part: Part, port: number) {
    return { labels: { ...args.labels, ...labels[part] }, annotations: scrapeAnnotations(port) };
  }
}
