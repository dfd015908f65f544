import { describe, expect, it } from "@jest/globals";
import {
  LogsOnKubernetes,
  type LogsOnKubernetesArgs,
  MonitoringOnKubernetes,
} from "../../../components/index.ts";
import { LOGS_ON_KUBERNETES_ROLES } from "../../../components/monitoring/logs-plan.ts";
import {
  children,
  find,
  type Graph,
  namingFaults,
  podSecurityFaults,
  record,
} from "../../../components/testing/index.ts";
import { expectGolden } from "../../support/golden.ts";
import { logs as example, onKubernetes } from "./example.ts";

function logs(args: Partial<LogsOnKubernetesArgs> = {}, settings = {}): Promise<Graph> {
  return record(() => {
    const { url } = new LogsOnKubernetes("logs", { ...example, ...args });
    return { url };
  }, settings);
}

// biome-ignore lint/suspicious/noExplicitAny: manifests are looked into at many depths
type Manifest = any;

const STATEFUL_SET = "kubernetes:apps/v1:StatefulSet";
const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
const CONFIG_MAP = "kubernetes:core/v1:ConfigMap";
const POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy";
const ROLE = "kubernetes:rbac.authorization.k8s.io/v1:Role";
const inputs = (graph: Graph, type: string, name?: string): Manifest => find(graph, type, name).inputs;

describe("LogsOnKubernetes", () => {
  it("makes exactly Loki, its reader, and who may read what", async () => {
    const graph = await logs();
    expect(children(graph, "logs").map((child) => child.replace(/^kubernetes:[^:]+:/, ""))).toEqual([
      "Deployment logs-alloy",
      "StatefulSet logs-loki",
      "ConfigMap logs-alloy-config",
      "ConfigMap logs-loki-config",
      "Service logs-loki-service",
      "ServiceAccount logs-alloy-account",
      "ServiceAccount logs-loki-account",
      "NetworkPolicy logs-alloy-policy",
      "NetworkPolicy logs-loki-policy",
      "Role logs-identity-role",
      "Role logs-monitoring-role",
      "Role logs-shop-role",
      "RoleBinding logs-identity-binding",
      "RoleBinding logs-monitoring-binding",
      "RoleBinding logs-shop-binding",
    ]);
    expect(namingFaults(graph)).toEqual([]);
    expect(graph.outputs).toEqual({ url: "http://logs-loki.monitoring.svc:3100" });
  });

  it("is admitted by Pod Security restricted: it mounts no folder of a machine", async () => {
    const graph = await logs();
    expect(podSecurityFaults(graph)).toEqual([]);
    for (const [type, name] of [
      [STATEFUL_SET, "logs-loki"],
      [DEPLOYMENT, "logs-alloy"],
    ] as const) {
      const pod = inputs(graph, type, name).spec.template.spec;
      expect(pod.containers[0].securityContext.readOnlyRootFilesystem).toBe(true);
      expect(pod.automountServiceAccountToken).toBe(name === "logs-alloy");
    }
  });

  it("may read pods and their logs in the watched namespaces, and nothing else", async () => {
    const graph = await logs();
    for (const namespace of ["identity", "monitoring", "shop"]) {
      const role = inputs(graph, ROLE, `logs-${namespace}-role`);
      expect(role.metadata.namespace).toBe(namespace);
      expect(role.rules).toEqual([
        { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] },
        { apiGroups: [""], resources: ["pods/log"], verbs: ["get"] },
      ]);
    }
    const alloy = inputs(graph, CONFIG_MAP, "logs-alloy-config").data["config.alloy"];
    expect(alloy).toContain('names = ["identity", "monitoring", "shop"]');
    expect(alloy).toContain('url = "http://logs-loki.monitoring.svc:3100/loki/api/v1/push"');
    expect(alloy.split("{").length).toBe(alloy.split("}").length);
  });

  it("keeps lines for as long as it is told, on a disk of that size", async () => {
    const graph = await logs({ retentionDays: 7, storageGibibytes: 20, storageClassName: "fast" });
    const config = JSON.parse(inputs(graph, CONFIG_MAP, "logs-loki-config").data["loki.json"]);
    expect(config.limits_config.retention_period).toBe("168h");
    expect(config.compactor).toMatchObject({ retention_enabled: true, delete_request_store: "filesystem" });
    expect(inputs(graph, STATEFUL_SET).spec.volumeClaimTemplates[0].spec).toMatchObject({
      storageClassName: "fast",
      resources: { requests: { storage: "20Gi" } },
    });
  });

  it("lets the reader, Grafana and Prometheus reach Loki, which calls nobody", async () => {
    const graph = await logs();
    const { ingress, egress, policyTypes } = inputs(graph, POLICY, "logs-loki-policy").spec;
    const callers = ingress[0].from.map(
      (peer: Manifest) => peer.podSelector.matchLabels["app.kubernetes.io/name"],
    );
    expect(callers).toEqual(["alloy", "grafana", "prometheus"]);
    expect([ingress.length, egress, policyTypes]).toEqual([1, undefined, ["Ingress", "Egress"]]);
  });

  it("is what a monitoring beside it shows", async () => {
    const graph = await record(() => {
      const { url } = new LogsOnKubernetes("logs", example);
      new MonitoringOnKubernetes("watch", { ...onKubernetes, logsUrl: url });
    });
    expect(inputs(graph, CONFIG_MAP, "watch-grafana-source").data["roost.yaml"]).toContain(
      '"url": "http://logs-loki.monitoring.svc:3100"',
    );
  });

  it("lays overrides over each role, and knows each role", async () => {
    const mark = { metadata: { annotations: { marked: "yes" } } };
    const overrides = Object.fromEntries(LOGS_ON_KUBERNETES_ROLES.map((role) => [role, mark]));
    const graph = await logs({ overrides });
    const unmarked = graph.resources.filter(
      ({ custom, inputs: { metadata } }) => custom && !JSON.stringify(metadata).includes("marked"),
    );
    expect(unmarked).toEqual([]);
  });

  it.each<[string, Partial<LogsOnKubernetesArgs>, RegExp]>([
    ["an image by tag", { lokiImage: "loki:3" }, /lokiImage is "loki:3"; allowed: an image with its digest/],
    ["a namespace that is none", { watch: ["Shop"] }, /watch\[0\] is "Shop"/],
    ["no way to the API server", { apiServerRanges: [] }, /apiServerRanges is \[\]/],
    [
      "a time that is none",
      { retentionDays: 0 },
      /retentionDays is 0; allowed: a whole number from 1 to 400 days/,
    ],
    ["an unknown role", { overrides: { pod: {} } }, /overrides\.pod is "pod"/],
  ])("refuses %s, by field, value and what is allowed", async (_, args, fault) => {
    const made = logs(args);
    await expect(made).rejects.toThrow(fault);
    await expect(made).rejects.toThrow(/^LogsOnKubernetes "logs": /);
  });

  it("makes the recorded logs", async () => {
    const graph = await logs({}, { project: "golden", stack: "production" });
    expectGolden(graph, "test/components/monitoring/fixtures/logs.json");
  });
});
