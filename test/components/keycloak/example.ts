import {
  ClientKind,
  KeycloakEgress,
  KeycloakExposure,
  KeycloakMetrics,
  type KeycloakOnKubernetesArgs,
  type RealmArgs,
} from "../../../components/index.ts";

export const DIGEST = `registry.example.com/keycloak@sha256:${"0123456789abcdef".repeat(4)}`;

export const realm: RealmArgs = {
  name: "shop",
  displayName: "Example shop",
  roles: {
    buyer: { description: "Buys" },
    clerk: { description: "Sells and buys", includes: ["buyer"] },
  },
  groups: { staff: { roles: ["clerk"] } },
  clients: {
    web: { kind: ClientKind.browser, redirectUris: ["https://shop.example.com/*"], audiences: ["api"] },
    desk: { kind: ClientKind.server, redirectUris: ["https://desk.example.com/callback"] },
    billing: { kind: ClientKind.service, audiences: ["api"], roles: ["clerk"] },
  },
};

/** Keycloak behind two ingress controllers, watched by a Prometheus. */
export const production: KeycloakOnKubernetesArgs = {
  namespace: "identity",
  image: DIGEST,
  url: "https://id.example.com",
  adminUrl: "https://id-admin.internal.example.com",
  realm,
  clientSecrets: {
    desk: { secretName: "desk-client" },
    billing: { secretName: "billing-client", key: "secret" },
  },
  database: {
    host: "id.example.eu-west-1.rds.amazonaws.com",
    login: { secretName: "id-database" },
    authorityConfigMap: "database-authority",
    ranges: ["10.0.32.0/20"],
  },
  bootstrapAdmin: { secretName: "id-first-admin" },
  exposure: KeycloakExposure.ingress,
  ingress: {
    className: "public",
    tlsSecretName: "id-tls",
    adminClassName: "internal",
    adminTlsSecretName: "id-admin-tls",
    controllerNamespaces: ["ingress-public", "ingress-internal"],
  },
  callers: ["shop"],
  metrics: KeycloakMetrics.prometheus,
  monitoringNamespace: "monitoring",
  egress: KeycloakEgress.databaseOnly,
};
