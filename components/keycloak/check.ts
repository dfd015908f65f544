import { type Fault, oneOf, wholeNumber } from "../faults.ts";
import { checkName, checkRanges } from "../kubernetes/names.ts";
import { unknownRoles } from "../overrides.ts";
import { ClientKind, type KeycloakDatabaseArgs, type KeycloakServerArgs, type RealmArgs } from "./args.ts";
import {
  KeycloakEgress,
  KeycloakExposure,
  KeycloakMetrics,
  type KeycloakOnKubernetesArgs,
} from "./kubernetes-args.ts";
import { clientSecretVariable, confidentialClients } from "./realm-plan.ts";

/** Roles of the children, for `overrides`. */
export const KEYCLOAK_ON_KUBERNETES_ROLES = [
  "realm",
  "serviceAccount",
  "realmConfigMap",
  "statefulSet",
  "service",
  "headlessService",
  "podDisruptionBudget",
  "networkPolicy",
  "ingress",
  "adminIngress",
  "importJob",
] as const;

/** Everything that is wrong with the arguments, but for the image. */
export function checkKeycloakOnKubernetes(name: string, args: KeycloakOnKubernetesArgs): Fault[] {
  const { realm, clientSecrets = {}, database, exposure, ingress } = args;
  const faults = [
    ...unknownRoles(args.overrides, KEYCLOAK_ON_KUBERNETES_ROLES),
    ...checkServer(args, database),
    // The longest name of a child is "-realm-import" and what Kubernetes adds to the names of its pods.
    ...checkName("name", name, 40),
    ...checkName("namespace", args.namespace),
    ...checkRanges("database.ranges", database.ranges),
    ...oneOf("exposure", exposure, KeycloakExposure),
    ...oneOf("egress", args.egress, KeycloakEgress),
    ...oneOf("metrics", args.metrics, KeycloakMetrics),
    ...wholeNumber("instances", args.instances ?? 2, 0, 20),
    ...wholeNumber("memoryMebibytes", args.memoryMebibytes ?? 2048, 1024, 65_536, "MiB"),
    ...wholeNumber("cpuMillicores", args.cpuMillicores ?? 500, 100, 64_000, "thousandths"),
  ];
  if (database.ranges.length === 0) {
    faults.push({ field: "database.ranges", value: [], allowed: "at least one IPv4 range of the database" });
  }
  if ((exposure === KeycloakExposure.ingress) !== (ingress !== undefined)) {
    const allowed = ingress ? "nothing when exposure is none" : "required when exposure is ingress";
    faults.push({ field: "ingress", value: ingress, allowed });
  }
  if (ingress && ingress.controllerNamespaces.length === 0) {
    const allowed = "at least one namespace of an ingress controller";
    faults.push({ field: "ingress.controllerNamespaces", value: [], allowed });
  }
  if ((args.metrics === KeycloakMetrics.prometheus) !== (args.monitoringNamespace !== undefined)) {
    const allowed = args.monitoringNamespace
      ? "nothing unless metrics is prometheus"
      : "required with prometheus";
    faults.push({ field: "monitoringNamespace", value: args.monitoringNamespace, allowed });
  }
  return [...faults, ...checkClientSecrets(realm, clientSecrets)];
}

/** Each client that proves who it is has a secret, and no other one. */
export function checkClientSecrets(realm: RealmArgs, clientSecrets: Record<string, unknown> = {}): Fault[] {
  const secret = confidentialClients(realm);
  const missing = secret.filter((id) => !clientSecrets[id]);
  const stray = Object.keys(clientSecrets).filter((id) => !secret.includes(id));
  return [
    ...missing.map((client) => ({
      field: `clientSecrets.${client}`,
      value: undefined,
      allowed: `the Secret of the client, which is of kind ${realm.clients[client]?.kind}`,
    })),
    ...stray.map((client) => ({
      field: `clientSecrets.${client}`,
      value: client,
      allowed: "a client of kind server or service",
    })),
  ];
}

/** What is wrong with the part that every platform shares. */
export function checkServer(server: KeycloakServerArgs, database: KeycloakDatabaseArgs): Fault[] {
  const faults = [
    ...checkUrl("url", server.url),
    ...checkUrl("adminUrl", server.adminUrl),
    ...checkRealm(server.realm),
    ...wholeNumber("queuedRequests", server.queuedRequests ?? 1000, 1, 100_000),
    ...wholeNumber("database.port", database.port ?? 5432, 1, 65_535),
    ...wholeNumber("database.connections", database.connections ?? 20, 5, 500),
  ];
  if (server.url === server.adminUrl) {
    faults.push({ field: "adminUrl", value: server.adminUrl, allowed: "another host than that of url" });
  }
  return faults;
}

export function checkRealm(realm: RealmArgs): Fault[] {
  return [
    ...checkName("realm.name", realm.name),
    ...(realm.name === "master"
      ? [
          {
            field: "realm.name",
            value: "master",
            allowed: "a realm of its own: master is for administrators",
          },
        ]
      : []),
    ...wholeNumber("realm.passwordLength", realm.passwordLength ?? 12, 8, 128, "characters"),
    ...wholeNumber("realm.accessTokenMinutes", realm.accessTokenMinutes ?? 5, 1, 60, "minutes"),
    ...wholeNumber("realm.idleMinutes", realm.idleMinutes ?? 30, 5, 1440, "minutes"),
    ...wholeNumber("realm.sessionHours", realm.sessionHours ?? 10, 1, 720, "hours"),
    ...wholeNumber("realm.eventDays", realm.eventDays ?? 90, 1, 730, "days"),
    ...checkRoleNames(realm),
    ...checkClients(realm),
    ...placeholders("realm", realm),
  ];
}

function checkRoleNames({ roles = {}, groups = {}, clients }: RealmArgs): Fault[] {
  const known = Object.keys(roles);
  const uses = [
    ...Object.entries(roles).map(
      ([name, { includes }]) => [`realm.roles.${name}.includes`, includes] as const,
    ),
    ...Object.entries(groups).map(([name, group]) => [`realm.groups.${name}.roles`, group.roles] as const),
    ...Object.entries(clients).map(([id, client]) => [`realm.clients.${id}.roles`, client.roles] as const),
  ];
  return uses.flatMap(([field, names = []]) =>
    names
      .filter((role) => !known.includes(role))
      .map((role) => ({
        field,
        value: role,
        allowed: `roles of the realm: ${known.join(", ") || "there are none"}`,
      })),
  );
}

function checkClients(realm: RealmArgs): Fault[] {
  const variables = confidentialClients(realm).map(clientSecretVariable);
  const doubles = variables.filter((variable, at) => variables.indexOf(variable) < at);
  return [
    ...doubles.map((variable) => ({
      field: "realm.clients",
      value: variable,
      allowed: "client ids that differ in letters or digits, since their secrets have variables of that name",
    })),
    ...Object.entries(realm.clients).flatMap(([id, client]) => {
      const field = `realm.clients.${id}`;
      const { kind, redirectUris = [], roles = [] } = client;
      const faults = oneOf(`${field}.kind`, kind, ClientKind);
      if (kind === ClientKind.service && redirectUris.length > 0) {
        faults.push({
          field: `${field}.redirectUris`,
          value: redirectUris,
          allowed: "none: it has no users",
        });
      }
      if (kind !== ClientKind.service && redirectUris.length === 0) {
        faults.push({ field: `${field}.redirectUris`, value: [], allowed: "at least one address" });
      }
      if (kind !== ClientKind.service && roles.length > 0) {
        faults.push({
          field: `${field}.roles`,
          value: roles,
          allowed: "none: only a service has roles itself",
        });
      }
      return [
        ...faults,
        ...redirectUris.flatMap((uri, at) => checkRedirect(`${field}.redirectUris[${at}]`, uri)),
      ];
    }),
  ];
}

/** Anything looser would send codes to whoever registers a host or listens on the way. */
function checkRedirect(field: string, uri: string): Fault[] {
  const url = URL.parse(uri);
  const local = url?.protocol === "http:" && /^(localhost|127\.0\.0\.1)$/.test(url.hostname);
  const wildcards = uri.split("*").length - 1;
  const good =
    url &&
    (url.protocol === "https:" || local) &&
    !url.hash &&
    !url.username &&
    !url.host.includes("*") &&
    (wildcards === 0 || (wildcards === 1 && uri.endsWith("/*")));
  if (good) return [];
  return [
    {
      field,
      value: uri,
      allowed: "an absolute https address, http for localhost, * only as the end of a path",
    },
  ];
}

function checkUrl(field: string, text: string): Fault[] {
  const url = URL.parse(text ?? "");
  if (url && url.protocol === "https:" && url.origin === text) return [];
  return [
    { field, value: text, allowed: "https and a host, without a path, such as https://id.example.com" },
  ];
}

/** Keycloak's import replaces `${…}` from its environment, in which the database's password is. */
function placeholders(field: string, value: unknown): Fault[] {
  if (typeof value === "string") {
    return value.includes("${")
      ? [{ field, value, allowed: "text without ${, which the import would fill in" }]
      : [];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    ...placeholders(`${field}.${key}`, key),
    ...placeholders(`${field}.${key}`, inner),
  ]);
}
