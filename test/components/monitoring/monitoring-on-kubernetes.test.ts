import { describe, expect, it } from "@jest/globals";
import { MonitoringOnKubernetes, type MonitoringOnKubernetesArgs } from "../../../components/index.ts";
import { MONITORING_ON_KUBERNETES_ROLES } from "../../../components/monitoring/kubernetes-check.ts";
import {
  children,
  find,
  type Graph,
  namingFaults,
  podSecurityFaults,
  record,
} from "../../../components/testing/index.ts";
import { expectGolden } from "../../support/golden.ts";
import { onKubernetes, webAlerts } from "./example.ts";

function monitoring(args: Partial<MonitoringOnKubernetesArgs> = {}, settings = {}): Promise<Graph> {
  return record(() => {
    const { prometheusUrl, grafanaUrl } = new MonitoringOnKubernetes("watch", { ...onKubernetes, ...args });
    return { prometheusUrl, grafanaUrl };
  }, settings);
}

const STATEFUL_SET = "kubernetes:apps/v1:StatefulSet";
const CONFIG_MAP = "kubernetes:core/v1:ConfigMap";
const POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy";
const ROLE = "kubernetes:rbac.authorization.k8s.io/v1:Role";
const none = { choice: "none" } as const;

// biome-ignore lint/suspicious/noExplicitAny: manifests are looked into at many depths
const spec = (graph: Graph, type: string, name?: string): any => find(graph, type, name).inputs.spec;
const data = (graph: Graph, name: string) =>
  find(graph, CONFIG_MAP, name).inputs.data as Record<string, string>;
const container = (graph: Graph, name: string) => spec(graph, STATEFUL_SET, name).template.spec.containers[0];

describe("MonitoringOnKubernetes", () => {
  it("makes exactly Prometheus, Alertmanager and Grafana, and who may see what", async () => {
    const graph = await monitoring();
    expect(children(graph, "watch").map((child) => child.replace(/^kubernetes:[^:]+:/, ""))).toEqual([
      "Deployment watch-grafana",
      "StatefulSet watch-alertmanager",
      "StatefulSet watch-prometheus",
      "ConfigMap watch-alertmanager-config",
      "ConfigMap watch-grafana-dashboards",
      "ConfigMap watch-grafana-folder",
      "ConfigMap watch-grafana-source",
      "ConfigMap watch-prometheus-config",
      "ConfigMap watch-prometheus-rules",
      "Service watch-alertmanagers",
      "Service watch-grafana-service",
      "Service watch-prometheus-service",
      "Service watch-prometheuses",
      "ServiceAccount watch-alertmanager-account",
      "ServiceAccount watch-grafana-account",
      "ServiceAccount watch-prometheus-account",
      "Ingress watch-ingress",
      "NetworkPolicy watch-alertmanager-policy",
      "NetworkPolicy watch-grafana-policy",
      "NetworkPolicy watch-prometheus-policy",
      "PodDisruptionBudget watch-alertmanager-budget",
      "PodDisruptionBudget watch-prometheus-budget",
      "Role watch-identity-role",
      "Role watch-monitoring-role",
      "Role watch-shop-role",
      "RoleBinding watch-identity-binding",
      "RoleBinding watch-monitoring-binding",
      "RoleBinding watch-shop-binding",
    ]);
    expect(namingFaults(graph)).toEqual([]);
    expect(graph.outputs).toEqual({
      prometheusUrl: "http://watch-prometheus.monitoring.svc:9090",
      grafanaUrl: "https://grafana.internal.example.com",
    });
  });

  it("makes no Alertmanager and no door where none is chosen", async () => {
    const graph = await monitoring({
      notify: none,
      alertmanagerImage: undefined,
      exposure: "none",
      ingress: undefined,
    });
    expect(children(graph, "watch").filter((child) => /alertmanager|Ingress/.test(child))).toEqual([]);
    expect(JSON.parse(data(graph, "watch-prometheus-config")["prometheus.json"]!)).not.toHaveProperty(
      "alerting",
    );
    expect(graph.outputs.grafanaUrl).toBe("http://watch-grafana.monitoring.svc:3000");
  });

  it("is admitted by Pod Security restricted, and writes to no root", async () => {
    const graph = await monitoring();
    expect(podSecurityFaults(graph)).toEqual([]);
    const pods = graph.resources.flatMap(
      ({ inputs }) => (inputs.spec as never as Manifest)?.template?.spec ?? [],
    );
    expect(pods).toHaveLength(3);
    for (const pod of pods) expect(pod.containers[0].securityContext.readOnlyRootFilesystem).toBe(true);
  });

  it("lets Prometheus see pods of the watched namespaces, and nothing else of the API", async () => {
    const graph = await monitoring();
    for (const namespace of ["identity", "monitoring", "shop"]) {
      const role = find(graph, ROLE, `watch-${namespace}-role`).inputs as never as Manifest;
      expect(role.metadata.namespace).toBe(namespace);
      expect(role.rules).toEqual([{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] }]);
    }
    const config = JSON.parse(data(graph, "watch-prometheus-config")["prometheus.json"]!);
    expect(config.scrape_configs[0].kubernetes_sd_configs).toEqual([
      { role: "pod", namespaces: { names: ["identity", "monitoring", "shop"] } },
    ]);
    const tokens = graph.resources.flatMap(({ name, inputs }) => {
      const pod = (inputs.spec as never as Manifest)?.template?.spec;
      return pod?.automountServiceAccountToken ? [name] : [];
    });
    expect(tokens).toEqual(["watch-prometheus"]);
  });

  it("gives Prometheus the rules, its own among them, and Grafana the dashboards", async () => {
    const graph = await monitoring();
    const rules = JSON.parse(data(graph, "watch-prometheus-rules")["rules.json"]!);
    expect(rules.groups.map(({ name }: { name: string }) => name)).toEqual(["keycloak", "monitoring", "web"]);
    expect(Object.keys(data(graph, "watch-grafana-dashboards"))).toEqual(["keycloak.json", "web.json"]);
    expect(JSON.parse(data(graph, "watch-grafana-source")["roost.yaml"]!).datasources[0]).toMatchObject({
      uid: "prometheus",
      url: "http://watch-prometheus.monitoring.svc:9090",
    });
  });

  it("shows logs where there are some, and lets Grafana reach them", async () => {
    const graph = await monitoring({ logsUrl: "http://logs-loki.monitoring.svc:3100" });
    const { datasources } = JSON.parse(data(graph, "watch-grafana-source")["roost.yaml"]!);
    expect(datasources.map(({ uid, url }: Manifest) => `${uid} ${url}`)).toEqual([
      "prometheus http://watch-prometheus.monitoring.svc:9090",
      "loki http://logs-loki.monitoring.svc:3100",
    ]);
    expect(spec(graph, POLICY, "watch-grafana-policy").egress).toContainEqual({
      to: [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "loki" } } }],
      ports: [{ protocol: "TCP", port: 3100 }],
    });
  });

  it("keeps metrics on a disk that the oldest leave before it is full", async () => {
    const graph = await monitoring({
      prometheus: { ...onKubernetes.prometheus, storageGibibytes: 10, retentionDays: 30 },
    });
    expect(container(graph, "watch-prometheus").args).toEqual(
      expect.arrayContaining(["--storage.tsdb.retention.time=30d", "--storage.tsdb.retention.size=8192MB"]),
    );
    expect(spec(graph, STATEFUL_SET, "watch-prometheus").volumeClaimTemplates[0].spec.resources).toEqual({
      requests: { storage: "10Gi" },
    });
  });

  it("makes instances of Alertmanager one cluster, and gives them secrets as files", async () => {
    const graph = await monitoring({ instances: 3 });
    const { args, volumeMounts } = container(graph, "watch-alertmanager");
    expect(args.filter((arg: string) => arg.startsWith("--cluster.peer"))).toEqual(
      [0, 1, 2].map(
        (at) => `--cluster.peer=watch-alertmanager-${at}.watch-alertmanagers.monitoring.svc:9094`,
      ),
    );
    expect(volumeMounts).toContainEqual({
      name: "receiver-page",
      mountPath: "/etc/alertmanager/receivers/page",
      readOnly: true,
    });
    expect(spec(graph, STATEFUL_SET, "watch-alertmanager").template.spec.volumes).toContainEqual({
      name: "receiver-page",
      secret: { secretName: "pager", defaultMode: 0o440, items: [{ key: "key", path: "secret" }] },
    });
    expect(JSON.stringify(data(graph, "watch-alertmanager-config"))).not.toContain('pager"');
  });

  it("opens each port to who needs it", async () => {
    const graph = await monitoring();
    const ways = (name: string, way: "ingress" | "egress") =>
      spec(graph, POLICY, name)[way].map(
        (rule: { from?: Manifest[]; to?: Manifest[]; ports?: { port: number }[] }) =>
          `${(rule.from ?? rule.to ?? []).map(peer).join(" ")}: ${rule.ports?.map(({ port }) => port).join() ?? "any"}`,
      );
    expect(ways("watch-prometheus-policy", "ingress")).toEqual(["prometheus grafana: 9090"]);
    expect(ways("watch-prometheus-policy", "egress")).toEqual([
      "namespace kube-system: 53,53",
      "10.0.0.0/24 10.96.0.1/32: 443,6443",
      "namespace identity namespace monitoring namespace shop: any",
    ]);
    expect(ways("watch-alertmanager-policy", "ingress")).toEqual([
      "prometheus: 9093",
      "alertmanager: 9094,9094",
    ]);
    expect(ways("watch-grafana-policy", "ingress")).toEqual(["prometheus namespace ingress-internal: 3000"]);
    expect(ways("watch-grafana-policy", "egress")).toEqual([
      "namespace kube-system: 53,53",
      "prometheus: 9090",
    ]);
  });

  it("changes nothing but the rules' ConfigMap when an alert comes", async () => {
    const before = await monitoring();
    const more = { ...onKubernetes.alerts, other: { rules: { Other: webAlerts.rules.WebFailing! } } };
    const after = await monitoring({ alerts: more });
    const later = new Map(after.resources.map((resource) => [resource.urn, JSON.stringify(resource)]));
    const changed = before.resources.filter(
      (resource) => later.get(resource.urn) !== JSON.stringify(resource),
    );
    expect(changed.map(({ name }) => name)).toEqual(["watch-prometheus-rules"]);
  });

  it("lays overrides over each role, and knows each role", async () => {
    const mark = { metadata: { annotations: { marked: "yes" } } };
    const overrides = Object.fromEntries(MONITORING_ON_KUBERNETES_ROLES.map((role) => [role, mark]));
    const graph = await monitoring({ overrides });
    const unmarked = graph.resources.filter(
      ({ custom, inputs }) => custom && !JSON.stringify(inputs.metadata).includes("marked"),
    );
    expect(unmarked).toEqual([]);
  });

  it.each<[string, Partial<MonitoringOnKubernetesArgs>, RegExp]>([
    [
      "an image by tag",
      { grafanaImage: "grafana/grafana:12" },
      /grafanaImage is "grafana.*; allowed: an image with its digest/,
    ],
    [
      "silence that is not chosen",
      { notify: undefined },
      /notify\.choice is missing; allowed: one of receivers, none/,
    ],
    ["receivers that are none", { notify: { choice: "receivers" } }, /notify\.page is missing/],
    [
      "receivers beside none",
      { notify: { ...onKubernetes.notify, choice: "none" } },
      /notify is .*no receivers when choice is none/,
    ],
    [
      "a channel of nothing",
      {
        notify: {
          choice: "receivers",
          page: { kind: "webhook", secret: { secretName: "a" }, channel: "#a" },
        },
      },
      /notify\.page\.channel is "#a"/,
    ],
    [
      "no image for Alertmanager",
      { alertmanagerImage: undefined },
      /alertmanagerImage is missing; allowed: required/,
    ],
    [
      "exposure that is not chosen",
      { exposure: undefined, ingress: undefined },
      /exposure is missing; allowed: one of ingress, none/,
    ],
    [
      "an ingress without TLS",
      { ingress: { ...onKubernetes.ingress!, url: "http://g.example.com" } },
      /ingress\.url is "http:/,
    ],
    ["no way to the API server", { apiServerRanges: [] }, /apiServerRanges is \[\]/],
    ["a group of our name", { alerts: { monitoring: webAlerts } }, /alerts\.monitoring is "monitoring"/],
    ["five instances", { instances: 5 }, /instances is 5; allowed: a whole number from 1 to 4/],
    ["a namespace that is none", { watch: ["Shop"] }, /watch\[0\] is "Shop"/],
    ["an unknown role", { overrides: { pod: {} } }, /overrides\.pod is "pod"/],
  ])("refuses %s, by field, value and what is allowed", async (_, args, fault) => {
    const made = monitoring(args);
    await expect(made).rejects.toThrow(fault);
    await expect(made).rejects.toThrow(/^MonitoringOnKubernetes "watch": /);
  });

  it("makes the recorded monitoring", async () => {
    const graph = await monitoring({}, { project: "golden", stack: "production" });
    expectGolden(graph, "test/components/monitoring/fixtures/kubernetes.json");
  });
});

// biome-ignore lint/suspicious/noExplicitAny: manifests are looked into at many depths
type Manifest = any;

/** Who is meant: a range, the pods of a namespace, or a part of the monitoring. */
function peer({ ipBlock, namespaceSelector, podSelector }: Manifest): string {
  if (ipBlock) return ipBlock.cidr;
  if (namespaceSelector) return `namespace ${Object.values(namespaceSelector.matchLabels)[0]}`;
  return podSelector.matchLabels["app.kubernetes.io/component"];
}
