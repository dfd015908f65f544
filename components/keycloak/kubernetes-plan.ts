// The pods of Keycloak on Kubernetes, as manifests.

import type { core } from "@pulumi/kubernetes/types/input.js";
import type { Input } from "@pulumi/pulumi";
import { RESTRICTED_CONTAINER, restrictedPod, spread } from "../kubernetes/pods.ts";
import type { KeycloakOnKubernetesArgs } from "./kubernetes-args.ts";
import {
  clientSecretVariables,
  KEYCLOAK_FOLDERS,
  KEYCLOAK_PORTS,
  type KeycloakProcess,
  planImport,
  planServer,
  SECRET_VARIABLES,
} from "./server-plan.ts";

type Variable = core.v1.EnvVar;

/** The user of Keycloak's images. */
const USER = 1000;
const SECONDS_TO_FINISH = 60;

export interface PodContext {
  serviceAccountName: Input<string>;
  image: Input<string>;
  labels: Record<string, string>;
}

/** An instance. */
export function serverPod(args: KeycloakOnKubernetesArgs, context: PodContext): core.v1.PodSpec {
  const certificate = args.certificateSecretName !== undefined;
  const process = planServer(args, args.database, certificate);
  const { bootstrapAdmin } = args;
  return {
    ...basics(context),
    terminationGracePeriodSeconds: SECONDS_TO_FINISH,
    topologySpreadConstraints: spread(context.labels),
    containers: [
      {
        ...container(args, context, process, [
          secretVariable(
            SECRET_VARIABLES.adminUser,
            bootstrapAdmin.secretName,
            bootstrapAdmin.usernameKey ?? "username",
          ),
          secretVariable(
            SECRET_VARIABLES.adminPassword,
            bootstrapAdmin.secretName,
            bootstrapAdmin.passwordKey ?? "password",
          ),
        ]),
        ports: [
          { name: "web", containerPort: certificate ? KEYCLOAK_PORTS.https : KEYCLOAK_PORTS.http },
          { name: "management", containerPort: KEYCLOAK_PORTS.management },
          { name: "cluster", containerPort: KEYCLOAK_PORTS.cluster },
          { name: "cluster-failure", containerPort: KEYCLOAK_PORTS.clusterFailure },
        ],
        // A first start makes the tables: up to 10 minutes. Later ones take seconds.
        startupProbe: { ...probe("started", certificate), periodSeconds: 2, failureThreshold: 300 },
        readinessProbe: { ...probe("ready", certificate), periodSeconds: 5, failureThreshold: 3 },
        livenessProbe: { ...probe("live", certificate), periodSeconds: 10, failureThreshold: 6 },
        volumeMounts: [
          ...COMMON_MOUNTS,
          ...(certificate
            ? [{ name: "certificate", mountPath: KEYCLOAK_FOLDERS.certificate, readOnly: true }]
            : []),
        ],
      },
    ],
    volumes: [
      ...commonVolumes(args),
      ...(certificate
        ? [{ name: "certificate", secret: { secretName: args.certificateSecretName, defaultMode: 0o440 } }]
        : []),
    ],
  };
}

/** The job that makes the realm from the ConfigMap. */
export function importPod(
  args: KeycloakOnKubernetesArgs,
  context: PodContext & { realmConfigMap: Input<string> },
): core.v1.PodSpec {
  const secrets = Object.entries(clientSecretVariables(args)).map(([variable, id]) => {
    const { secretName, key = "password" } = args.clientSecrets![id]!;
    return secretVariable(variable, secretName, key);
  });
  return {
    ...basics(context),
    restartPolicy: "Never",
    containers: [
      {
        ...container(args, context, planImport(args, args.database), secrets),
        volumeMounts: [
          ...COMMON_MOUNTS,
          { name: "realm", mountPath: KEYCLOAK_FOLDERS.realm, readOnly: true },
        ],
      },
    ],
    volumes: [...commonVolumes(args), { name: "realm", configMap: { name: context.realmConfigMap } }],
  };
}

function basics({ serviceAccountName }: PodContext) {
  return {
    serviceAccountName,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: restrictedPod(USER),
  };
}

function container(
  args: KeycloakOnKubernetesArgs,
  context: PodContext,
  process: KeycloakProcess,
  secrets: Variable[],
): core.v1.Container {
  const { login } = args.database;
  const memory = `${args.memoryMebibytes ?? 2048}Mi`;
  const plain = Object.entries(process.environment).map(([name, value]) => ({ name, value }));
  return {
    name: "keycloak",
    image: context.image,
    args: process.arguments,
    env: [
      ...plain,
      secretVariable(SECRET_VARIABLES.databaseUser, login.secretName, login.usernameKey ?? "username"),
      secretVariable(SECRET_VARIABLES.databasePassword, login.secretName, login.passwordKey ?? "password"),
      ...secrets,
    ].sort((a, b) => (a.name < b.name ? -1 : 1)),
    resources: { requests: { cpu: `${args.cpuMillicores ?? 500}m`, memory }, limits: { memory } },
    securityContext: RESTRICTED_CONTAINER,
  };
}

function secretVariable(name: string, secretName: Input<string>, key: string) {
  return { name, valueFrom: { secretKeyRef: { name: secretName, key } } };
}

function probe(check: string, certificate: boolean) {
  const scheme = certificate ? "HTTPS" : "HTTP";
  return { httpGet: { path: `/health/${check}`, port: "management", scheme }, timeoutSeconds: 2 };
}

/** The root is read-only; Keycloak writes compressed pages below data, and the JVM to /tmp. */
const COMMON_MOUNTS = [
  { name: "data", mountPath: "/opt/keycloak/data" },
  { name: "tmp", mountPath: "/tmp" },
  { name: "database-authority", mountPath: KEYCLOAK_FOLDERS.databaseAuthority, readOnly: true },
];

function commonVolumes(args: KeycloakOnKubernetesArgs): core.v1.Volume[] {
  return [
    { name: "data", emptyDir: { sizeLimit: "256Mi" } },
    { name: "tmp", emptyDir: { sizeLimit: "256Mi" } },
    { name: "database-authority", configMap: { name: args.database.authorityConfigMap } },
  ];
}
