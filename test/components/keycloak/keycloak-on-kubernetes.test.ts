import { describe, expect, it } from "@jest/globals";
import {
  KeycloakExposure,
  KeycloakOnKubernetes,
  type KeycloakOnKubernetesArgs,
} from "../../../components/index.ts";
import { KEYCLOAK_ON_KUBERNETES_ROLES } from "../../../components/keycloak/check.ts";
import {
  children,
  find,
  type Graph,
  namingFaults,
  podSecurityFaults,
  record,
} from "../../../components/testing/index.ts";
import { expectGolden } from "../../support/golden.ts";
import { production } from "./example.ts";

function keycloak(args: Partial<KeycloakOnKubernetesArgs> = {}, settings = {}): Promise<Graph> {
  return record(() => {
    const { url, issuer, address } = new KeycloakOnKubernetes("id", { ...production, ...args });
    return { url, issuer, address };
  }, settings);
}

// biome-ignore lint/suspicious/noExplicitAny: manifests are looked into at many depths
const spec = (graph: Graph, type: string, name?: string): any => find(graph, type, name).inputs.spec;
const STATEFUL_SET = "kubernetes:apps/v1:StatefulSet";
const JOB = "kubernetes:batch/v1:Job";
const POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy";
const INGRESS = "kubernetes:networking.k8s.io/v1:Ingress";

const server = (graph: Graph) => spec(graph, STATEFUL_SET).template.spec.containers[0];
const variables = (container: { env: { name: string; value?: string }[] }) =>
  Object.fromEntries(container.env.map(({ name, value }) => [name, value ?? "(secret)"]));
const reached = (graph: Graph, name: string, way: "ingress" | "egress") =>
  spec(graph, POLICY, name)[way].map(
    (rule: { ports: { port: number }[]; from?: object[]; to?: object[] }) =>
      `${JSON.stringify(rule.from ?? rule.to)} ${rule.ports.map(({ port }) => port).join()}`,
  );

describe("KeycloakOnKubernetes", () => {
  it("makes exactly what an exposed Keycloak needs", async () => {
    const graph = await keycloak();
    expect(children(graph, "id")).toEqual([
      "kubernetes:apps/v1:StatefulSet id-servers",
      "kubernetes:batch/v1:Job id-realm-import",
      "kubernetes:core/v1:ConfigMap id-realm",
      "kubernetes:core/v1:Service id-instances",
      "kubernetes:core/v1:Service id-service",
      "kubernetes:core/v1:ServiceAccount id-account",
      "kubernetes:networking.k8s.io/v1:Ingress id-admin",
      "kubernetes:networking.k8s.io/v1:Ingress id-public",
      "kubernetes:networking.k8s.io/v1:NetworkPolicy id-import-policy",
      "kubernetes:networking.k8s.io/v1:NetworkPolicy id-server-policy",
      "kubernetes:policy/v1:PodDisruptionBudget id-budget",
    ]);
    expect(namingFaults(graph)).toEqual([]);
    expect(graph.outputs).toEqual({
      url: "https://id.example.com",
      issuer: "https://id.example.com/realms/shop",
      address: "id.identity.svc:8080",
    });
  });

  it("starts an optimized image that finds its peers by the database and trusts the proxy's headers", async () => {
    const container = server(await keycloak());
    expect(container.args).toEqual(["start", "--optimized"]);
    expect(variables(container)).toEqual({
      KC_BOOTSTRAP_ADMIN_PASSWORD: "(secret)",
      KC_BOOTSTRAP_ADMIN_USERNAME: "(secret)",
      KC_CACHE: "ispn",
      KC_CACHE_EMBEDDED_MTLS_ENABLED: "true",
      KC_CACHE_STACK: "jdbc-ping",
      KC_DB_PASSWORD: "(secret)",
      KC_DB_POOL_INITIAL_SIZE: "20",
      KC_DB_POOL_MAX_SIZE: "20",
      KC_DB_POOL_MIN_SIZE: "20",
      KC_DB_URL:
        "jdbc:postgresql://id.example.eu-west-1.rds.amazonaws.com:5432/keycloak?sslmode=verify-full&sslrootcert=/opt/roost/database-authority/ca.crt",
      KC_DB_USERNAME: "(secret)",
      KC_HOSTNAME: "https://id.example.com",
      KC_HOSTNAME_ADMIN: "https://id-admin.internal.example.com",
      KC_HTTP_ENABLED: "true",
      KC_HTTP_MAX_QUEUED_REQUESTS: "1000",
      KC_LOG_CONSOLE_OUTPUT: "json",
      KC_PROXY_HEADERS: "xforwarded",
    });
    // What the image was built with is not said again: `--optimized` would refuse a difference.
    for (const option of ["KC_DB", "KC_HEALTH_ENABLED", "KC_METRICS_ENABLED", "KC_FEATURES"]) {
      expect(variables(container)).not.toHaveProperty(option);
    }
  });

  it("takes every secret from a Secret, by name and key", async () => {
    const graph = await keycloak();
    const references = [server(graph), spec(graph, JOB).template.spec.containers[0]].flatMap(({ env }) =>
      env.flatMap(({ name, valueFrom }: { name: string; valueFrom?: { secretKeyRef: object } }) =>
        valueFrom ? [[name, Object.values(valueFrom.secretKeyRef).sort().join(" ")]] : [],
      ),
    );
    expect(Object.fromEntries(references)).toEqual({
      CLIENT_SECRET_BILLING: "billing-client secret",
      CLIENT_SECRET_DESK: "desk-client password",
      KC_BOOTSTRAP_ADMIN_PASSWORD: "id-first-admin password",
      KC_BOOTSTRAP_ADMIN_USERNAME: "id-first-admin username",
      KC_DB_PASSWORD: "id-database password",
      KC_DB_USERNAME: "id-database username",
    });
  });

  it("is admitted by Pod Security restricted, and writes to no root", async () => {
    const graph = await keycloak({ certificateSecretName: "id-own-tls" });
    expect(podSecurityFaults(graph)).toEqual([]);
    for (const pod of [spec(graph, STATEFUL_SET).template.spec, spec(graph, JOB).template.spec]) {
      expect(pod.containers[0].securityContext.readOnlyRootFilesystem).toBe(true);
      expect(pod.automountServiceAccountToken).toBe(false);
    }
  });

  it("replaces one instance at a time, and lets a drain take one at a time", async () => {
    const graph = await keycloak();
    expect(spec(graph, STATEFUL_SET)).toMatchObject({
      replicas: 2,
      podManagementPolicy: "OrderedReady",
      updateStrategy: { type: "RollingUpdate" },
      serviceName: "id-instances",
    });
    expect(spec(graph, "kubernetes:policy/v1:PodDisruptionBudget").maxUnavailable).toBe(1);
    const labels = spec(graph, STATEFUL_SET).selector.matchLabels;
    expect(spec(graph, "kubernetes:policy/v1:PodDisruptionBudget").selector.matchLabels).toEqual(labels);
    expect(spec(graph, STATEFUL_SET).template.metadata.labels).toEqual(labels);
  });

  it("asks the management port for health, with the scheme that it has", async () => {
    for (const [args, scheme] of [
      [{}, "HTTP"],
      [{ certificateSecretName: "tls" }, "HTTPS"],
    ] as const) {
      const { startupProbe, readinessProbe, livenessProbe, ports } = server(await keycloak(args));
      expect(ports).toContainEqual({ name: "management", containerPort: 9000 });
      expect([startupProbe, readinessProbe, livenessProbe].map(({ httpGet }) => httpGet)).toEqual([
        { path: "/health/started", port: "management", scheme },
        { path: "/health/ready", port: "management", scheme },
        { path: "/health/live", port: "management", scheme },
      ]);
    }
  });

  it("imports the realm after the first start, in a cluster of its own, never over one that is there", async () => {
    const graph = await keycloak();
    const job = find(graph, JOB);
    const container = spec(graph, JOB).template.spec.containers[0];
    expect(container.args).toEqual([
      "import",
      "--optimized",
      "--file=/opt/roost/realm/shop-realm.json",
      "--override=false",
    ]);
    expect(variables(container)).toMatchObject({ KC_CACHE: "local", KC_DB_POOL_MAX_SIZE: "5" });
    expect(variables(container)).not.toHaveProperty("KC_BOOTSTRAP_ADMIN_PASSWORD");
    expect(job.dependsOn).toEqual([find(graph, STATEFUL_SET).urn]);
    const { data, immutable, metadata } = find(graph, "kubernetes:core/v1:ConfigMap").inputs as never as {
      data: Record<string, string>;
      immutable: boolean;
      metadata: object;
    };
    expect(immutable).toBe(true);
    expect(metadata).not.toHaveProperty("name");
    expect(JSON.parse(data["shop-realm.json"]!)).toMatchObject({ realm: "shop", sslRequired: "all" });
  });

  it("publishes sign-in only, and the console on a host and a class of its own", async () => {
    const graph = await keycloak();
    const paths = (name: string) =>
      spec(graph, INGRESS, name).rules.map(
        ({ host, http }: { host: string; http: { paths: { path: string }[] } }) =>
          `${host} ${http.paths.map(({ path }) => path).join(" ")}`,
      );
    expect(paths("id-public")).toEqual(["id.example.com /realms/ /resources/ /.well-known/"]);
    expect(paths("id-admin")).toEqual(["id-admin.internal.example.com /"]);
    expect(spec(graph, INGRESS, "id-admin").ingressClassName).toBe("internal");
    const hidden = await keycloak({ exposure: KeycloakExposure.none, ingress: undefined });
    expect(children(hidden, "id").filter((child) => child.includes("Ingress"))).toEqual([]);
  });

  it("lets in callers, Prometheus and peers, each to their port", async () => {
    const graph = await keycloak();
    const namespace = (name: string) =>
      `{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"${name}"}}}`;
    expect(reached(graph, "id-server-policy", "ingress")).toEqual([
      `[${["ingress-internal", "ingress-public", "shop"].map(namespace).join()}] 8080`,
      `[${namespace("monitoring")}] 9000`,
      expect.stringMatching(/^\[\{"podSelector".*"server".*7800,57800$/),
    ]);
    expect(spec(graph, POLICY, "id-import-policy").policyTypes).toEqual(["Ingress", "Egress"]);
    expect(spec(graph, POLICY, "id-import-policy")).not.toHaveProperty("ingress");
  });

  it("lets out to the database and DNS only, and to HTTPS where that is chosen", async () => {
    const outward = async (egress: "databaseOnly" | "https") =>
      reached(await keycloak({ egress }), "id-server-policy", "egress").slice(1);
    const dns = `[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"kube-system"}}}] 53,53`;
    const database = `[{"ipBlock":{"cidr":"10.0.32.0/20"}}] 5432`;
    expect(await outward("databaseOnly")).toEqual([dns, database]);
    expect(await outward("https")).toEqual([
      dns,
      database,
      `[{"ipBlock":{"cidr":"0.0.0.0/0","except":["169.254.169.254/32"]}}] 443`,
    ]);
    expect(reached(await keycloak({ egress: "https" }), "id-import-policy", "egress")).toEqual([
      dns,
      database,
    ]);
  });

  it("changes nothing but the realm and its job when a client is added", async () => {
    const before = await keycloak();
    const more = {
      ...production.realm.clients,
      kiosk: { kind: "browser", redirectUris: ["https://k.example.com/"] },
    };
    const after = await keycloak({ realm: { ...production.realm, clients: more as never } });
    const later = new Map(after.resources.map((resource) => [resource.urn, JSON.stringify(resource)]));
    const changed = before.resources.filter(
      (resource) => later.get(resource.urn) !== JSON.stringify(resource),
    );
    expect(changed.map(({ name }) => name)).toEqual(["id-realm"]);
  });

  it("lays overrides over each role, and knows each role", async () => {
    const mark = { metadata: { annotations: { marked: "yes" } } };
    const overrides = Object.fromEntries(KEYCLOAK_ON_KUBERNETES_ROLES.map((role) => [role, mark]));
    const graph = await keycloak({ overrides: { ...overrides, realm: { displayName: "Marked" } } });
    const unmarked = graph.resources.filter(
      ({ custom, inputs }) => custom && !JSON.stringify(inputs.metadata).includes("marked"),
    );
    expect(unmarked).toEqual([]);
    expect(JSON.stringify(find(graph, "kubernetes:core/v1:ConfigMap").inputs.data)).toContain("Marked");
  });

  it.each<[string, Partial<KeycloakOnKubernetesArgs>, RegExp]>([
    [
      "an image by tag",
      { image: "quay.io/keycloak/keycloak:26.4.5" },
      /image is "quay.*; allowed: an image with its digest/,
    ],
    [
      "an address without TLS",
      { url: "http://id.example.com" },
      /url is "http:.*; allowed: https and a host/,
    ],
    ["an address with a path", { url: "https://example.com/auth" }, /url is .*without a path/],
    ["administrators among users", { adminUrl: "https://id.example.com" }, /adminUrl is .*another host/],
    [
      "exposure that is not chosen",
      { exposure: undefined, ingress: undefined },
      /exposure is missing; allowed: one of ingress, none/,
    ],
    ["an ingress that is not described", { ingress: undefined }, /ingress is missing; allowed: required/],
    ["an ingress beside none", { exposure: "none" }, /ingress is .*nothing when exposure is none/],
    [
      "egress that is not chosen",
      { egress: undefined },
      /egress is missing; allowed: one of databaseOnly, https/,
    ],
    [
      "metrics that are not chosen",
      { metrics: undefined },
      /metrics is missing; allowed: one of prometheus, none/,
    ],
    [
      "a Prometheus nowhere",
      { monitoringNamespace: undefined },
      /monitoringNamespace is missing; allowed: required/,
    ],
    [
      "a Prometheus beside none",
      { metrics: "none" },
      /monitoringNamespace is "monitoring"; allowed: nothing/,
    ],
    [
      "a client without its secret",
      { clientSecrets: { desk: { secretName: "d" } } },
      /clientSecrets\.billing is missing; allowed: the Secret/,
    ],
    [
      "a secret for a browser",
      { clientSecrets: { ...production.clientSecrets, web: { secretName: "w" } } },
      /clientSecrets\.web is "web"; allowed: a client of kind server or service/,
    ],
    ["a database anywhere", { database: { ...production.database, ranges: [] } }, /database\.ranges is \[\]/],
    [
      "a range that is none",
      { database: { ...production.database, ranges: ["db"] } },
      /database\.ranges\[0\] is "db"/,
    ],
    ["a namespace that is none", { namespace: "Identity" }, /namespace is "Identity"/],
    [
      "too little memory",
      { memoryMebibytes: 256 },
      /memoryMebibytes is 256; allowed: a whole number from 1024/,
    ],
    ["an unknown role", { overrides: { pod: {} } }, /overrides\.pod is "pod"; allowed: a child role: realm/],
  ])("refuses %s, by field, value and what is allowed", async (_, args, fault) => {
    const made = keycloak(args);
    await expect(made).rejects.toThrow(fault);
    await expect(made).rejects.toThrow(/^KeycloakOnKubernetes "id": /);
  });

  it("makes the recorded production Keycloak", async () => {
    const graph = await keycloak({}, { project: "golden", stack: "production" });
    expectGolden(graph, "test/components/keycloak/fixtures/production.json");
  });
});
