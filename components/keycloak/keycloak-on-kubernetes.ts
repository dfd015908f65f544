import { StatefulSet } from "@pulumi/kubernetes/apps/v1/statefulSet.js";
import { Job } from "@pulumi/kubernetes/batch/v1/job.js";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import { Ingress } from "@pulumi/kubernetes/networking/v1/ingress.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
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
import { scrapeAnnotations, selectorLabels } from "../kubernetes/pods.ts";
import { override } from "../overrides.ts";
import { checkKeycloakOnKubernetes } from "./check.ts";
import { KeycloakExposure, type KeycloakOnKubernetesArgs } from "./kubernetes-args.ts";
import { importPolicy, serverPolicy } from "./kubernetes-network.ts";
import { importPod, serverPod } from "./kubernetes-plan.ts";
import { planRealm } from "./realm-plan.ts";
import { KEYCLOAK_PORTS, PUBLIC_PATHS, realmFile } from "./server-plan.ts";

/**
 * Keycloak on Kubernetes: instances that find each other through the database and are replaced one at a time,
 * a job that makes the realm, and network policies that let in who must come in. Its pods are admitted by a
 * namespace that enforces Pod Security `restricted`. The admin console answers on a host of its own.
 *
 * ```ts
 * const keycloak = new KeycloakOnKubernetes("id", {
 *   namespace: "identity",
 *   image: "registry.example.com/keycloak@sha256:…", // built from keycloakContainerfile
 *   url: "https://id.example.com",
 *   adminUrl: "https://id-admin.internal.example.com",
 *   realm: {
 *     name: "shop",
 *     clients: {
 *       web: { kind: ClientKind.browser, redirectUris: ["https://shop.example.com/*"], audiences: ["api"] },
 *       billing: { kind: ClientKind.service, audiences: ["api"] },
 *     },
 *   },
 *   clientSecrets: { billing: { secretName: "billing-client" } },
 *   database: {
 *     host: "id.example.eu-west-1.rds.amazonaws.com",
 *     login: { secretName: "id-database" },
 *     authorityConfigMap: "database-authority",
 *     ranges: ["10.0.32.0/20"],
 *   },
 *   bootstrapAdmin: { secretName: "id-first-admin" },
 *   exposure: KeycloakExposure.none,
 *   callers: ["shop"],
 *   egress: KeycloakEgress.databaseOnly,
 *   metrics: KeycloakMetrics.prometheus,
 *   monitoringNamespace: "monitoring",
 * });
 * ```
 *
 * A month: two instances of half a processor and 2 GiB, about 45 USD of nodes; the database is extra.
 */
export class KeycloakOnKubernetes extends ComponentResource {
  /** Where users and applications find Keycloak. */
  readonly url: Output<string>;
  /** The realm's issuer: what tokens name and where discovery begins. */
  readonly issuer: Output<string>;
  /** Host and port inside the cluster. */
  readonly address: Output<string>;

  constructor(name: string, args: KeycloakOnKubernetesArgs, opts?: ComponentResourceOptions) {
    super("roost-components:index:KeycloakOnKubernetes", name, {}, opts);
    const image = judged("KeycloakOnKubernetes", name, args.image, (known) => checkImage("image", known));
    refuse("KeycloakOnKubernetes", name, [...checkKeycloakOnKubernetes(name, args), ...image.faults]);

    makeKeycloak(this, name, args, image.value);

    const port = args.certificateSecretName === undefined ? KEYCLOAK_PORTS.http : KEYCLOAK_PORTS.https;
    this.url = output(args.url);
    this.issuer = output(`${args.url}/realms/${args.realm.name}`);
    this.address = output(`${name}.${args.namespace}.svc:${port}`);
    this.registerOutputs({ url: this.url, issuer: this.issuer, address: this.address });
  }
}

function makeKeycloak(
  parent: KeycloakOnKubernetes,
  name: string,
  args: KeycloakOnKubernetesArgs,
  image: Input<string>,
) {
  const { namespace, overrides, instances = 2, ingress } = args;
  const serverLabels = selectorLabels("keycloak", name, "server");
  const importLabels = selectorLabels("keycloak", name, "realm-import");
  const certificate = args.certificateSecretName !== undefined;

  const account = makeAccount();
  makePolicies();
  const servers = makeServers();
  makeServices();
  makeBudget();
  if (args.exposure === KeycloakExposure.ingress) makeIngresses();
  makeImport();

  /** Names are fixed where others call by them; the rest is named anew when it is replaced. */
  function metadata(labels: Record<string, string>, fixedName?: string) {
    return { namespace, labels: { ...args.labels, ...labels }, ...(fixedName && { name: fixedName }) };
  }

  function makeAccount(): ServiceAccount {
    return new ServiceAccount(
      `${name}-account`,
      override(overrides, "serviceAccount", {
        metadata: metadata(serverLabels, name),
        automountServiceAccountToken: false,
      }),
      { parent },
    );
  }

  function makePolicies(): void {
    const policies = {
      "server-policy": { labels: serverLabels, spec: serverPolicy(args, serverLabels) },
      "import-policy": { labels: importLabels, spec: importPolicy(args, importLabels) },
    };
    for (const [suffix, { labels, spec }] of Object.entries(policies)) {
      new NetworkPolicy(
        `${name}-${suffix}`,
        override(overrides, "networkPolicy", { metadata: metadata(labels, `${name}-${suffix}`), spec }),
        { parent },
      );
    }
  }

  /** A StatefulSet replaces one pod at a time and waits for each: the others keep the sessions. */
  function makeServers(): StatefulSet {
    return new StatefulSet(
      `${name}-servers`,
      override(overrides, "statefulSet", {
        metadata: metadata(serverLabels, name),
        spec: {
          serviceName: `${name}-instances`,
          replicas: instances,
          podManagementPolicy: "OrderedReady",
          updateStrategy: { type: "RollingUpdate" },
          revisionHistoryLimit: 5,
          selector: { matchLabels: serverLabels },
          template: {
            metadata: {
              labels: { ...args.labels, ...serverLabels },
              ...(args.monitoringNamespace !== undefined && {
                annotations: scrapeAnnotations(KEYCLOAK_PORTS.management, certificate ? "https" : "http"),
              }),
            },
            spec: serverPod(args, { serviceAccountName: account.metadata.name, image, labels: serverLabels }),
          },
        },
      }),
      { parent },
    );
  }

  function makeServices(): void {
    const port = certificate ? KEYCLOAK_PORTS.https : KEYCLOAK_PORTS.http;
    const ports = [{ name: "web", port, targetPort: "web", appProtocol: certificate ? "https" : "http" }];
    new Service(
      `${name}-service`,
      override(overrides, "service", {
        metadata: { ...metadata(serverLabels, name), annotations: SKIP_AWAIT },
        spec: { type: "ClusterIP", selector: serverLabels, ports },
      }),
      { parent },
    );
    // The names of single instances, also while they are not ready: a StatefulSet wants such a service.
    new Service(
      `${name}-instances`,
      override(overrides, "headlessService", {
        metadata: { ...metadata(serverLabels, `${name}-instances`), annotations: SKIP_AWAIT },
        spec: { clusterIP: "None", publishNotReadyAddresses: true, selector: serverLabels, ports },
      }),
      { parent },
    );
  }

  function makeBudget(): void {
    new PodDisruptionBudget(
      `${name}-budget`,
      override(overrides, "podDisruptionBudget", {
        metadata: metadata(serverLabels, name),
        spec: { maxUnavailable: 1, selector: { matchLabels: serverLabels } },
      }),
      { parent },
    );
  }

  function makeIngresses(): void {
    const ways = [
      ["ingress", args.url, ingress!.className, ingress!.tlsSecretName, PUBLIC_PATHS],
      ["adminIngress", args.adminUrl, ingress!.adminClassName, ingress!.adminTlsSecretName, ["/"]],
    ] as const;
    for (const [role, url, ingressClassName, secretName, paths] of ways) {
      const host = new URL(url).hostname;
      const backend = { service: { name, port: { name: "web" } } };
      const suffix = role === "ingress" ? "public" : "admin";
      new Ingress(
        `${name}-${suffix}`,
        override(overrides, role, {
          metadata: {
            ...metadata(serverLabels, `${name}-${suffix}`),
            annotations: { ...ingress!.annotations },
          },
          spec: {
            ingressClassName,
            tls: [{ hosts: [host], secretName }],
            rules: [{ host, http: { paths: paths.map((path) => ({ path, pathType: "Prefix", backend })) } }],
          },
        }),
        { parent },
      );
    }
  }

  /** Document and job are named anew with each change of the realm: both cannot be changed in place. */
  function makeImport(): void {
    const document = override(overrides, "realm", planRealm(args.realm));
    const realm = new ConfigMap(
      `${name}-realm`,
      override(overrides, "realmConfigMap", {
        metadata: metadata(importLabels),
        immutable: true,
        data: { [realmFile(args)]: jsonText(document) },
      }),
      { parent },
    );
    const context = {
      serviceAccountName: account.metadata.name,
      image,
      labels: importLabels,
      realmConfigMap: realm.metadata.name,
    };
    new Job(
      `${name}-realm-import`,
      override(overrides, "importJob", {
        metadata: metadata(importLabels),
        spec: {
          backoffLimit: 3,
          activeDeadlineSeconds: 900,
          template: {
            metadata: { labels: { ...args.labels, ...importLabels } },
            spec: importPod(args, context),
          },
        },
      }),
      // After the servers: the first of them has made the tables.
      { parent, dependsOn: [servers] },
    );
  }
}

/** The servers are waited for themselves; without instances a service without endpoints is no failure. */
const SKIP_AWAIT = { "pulumi.com/skipAwait": "true" };
