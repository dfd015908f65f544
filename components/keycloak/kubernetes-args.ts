import type { Input } from "@pulumi/pulumi";
import type { SecretKeyArgs, SecretLoginArgs } from "../kubernetes/args.ts";
import type { Overrides } from "../overrides.ts";
import type { KeycloakDatabaseArgs, KeycloakServerArgs } from "./args.ts";

/** Who reaches Keycloak from outside of the cluster. There is no default: it is the door to everything. */
export const KeycloakExposure = {
  /** Users by an Ingress of the public class, administrators by one of an internal class. */
  ingress: "ingress",
  /** Nobody: only the namespaces in `callers`. */
  none: "none",
} as const;
export type KeycloakExposure = (typeof KeycloakExposure)[keyof typeof KeycloakExposure];

/** What Keycloak itself reaches. There is no default. */
export const KeycloakEgress = {
  /** The database and the cluster's DNS. */
  databaseOnly: "databaseOnly",
  /** Besides, HTTPS anywhere: for identity providers that users come from, and for logout calls. */
  https: "https",
} as const;
export type KeycloakEgress = (typeof KeycloakEgress)[keyof typeof KeycloakEgress];

/** Whether somebody sees how Keycloak is. There is no default: what nobody watches fails unseen. */
export const KeycloakMetrics = {
  /** A Prometheus fetches metrics; `keycloakAlerts` are its alerts. */
  prometheus: "prometheus",
  /** Nobody may fetch them. */
  none: "none",
} as const;
export type KeycloakMetrics = (typeof KeycloakMetrics)[keyof typeof KeycloakMetrics];

/** The database, as pods reach it. */
export interface KubernetesDatabaseArgs extends KeycloakDatabaseArgs {
  /** Who Keycloak is at the database. */
  login: SecretLoginArgs;
  /** Name of a ConfigMap in the namespace whose key `ca.crt` holds the authority that signed the database's certificate. */
  authorityConfigMap: Input<string>;
  /** Where the database is, as IPv4 ranges: pods reach these and no others. */
  ranges: string[];
}

/** The two ways in. Each class is of a controller that is there already. */
export interface KeycloakIngressArgs {
  /** IngressClass of users. */
  className: string;
  /** Secret of type kubernetes.io/tls for the host of `url`. */
  tlsSecretName: Input<string>;
  /** IngressClass of administrators, of an internal controller. May be the same one only where that is internal. */
  adminClassName: string;
  /** Secret of type kubernetes.io/tls for the host of `adminUrl`. */
  adminTlsSecretName: Input<string>;
  /** Namespaces of the controllers: they may call. */
  controllerNamespaces: string[];
  /**
   * On both, such as the controller's own for a session cookie (a user's requests are cheaper at the instance
   * that signed him in). Default none.
   */
  annotations?: Record<string, Input<string>>;
}

export interface KeycloakOnKubernetesArgs extends KeycloakServerArgs {
  /** A namespace that is there; it may enforce Pod Security `restricted`. */
  namespace: string;
  /** An image of `keycloakContainerfile`, by digest. */
  image: Input<string>;
  database: KubernetesDatabaseArgs;
  /** The first administrator; delete him when others are there. */
  bootstrapAdmin: SecretLoginArgs;
  /** Where the secret of each client of kind server or service is, by client id. */
  clientSecrets?: Record<string, SecretKeyArgs>;
  exposure: KeycloakExposure;
  /** Required with `exposure` ingress. */
  ingress?: KeycloakIngressArgs;
  egress: KeycloakEgress;
  /** Namespaces whose pods may call, besides the ingress controllers'. Default none. */
  callers?: string[];
  metrics: KeycloakMetrics;
  /** Namespace of the Prometheus. Required with `metrics` prometheus. */
  monitoringNamespace?: string;
  /** Secret of type kubernetes.io/tls that instances answer with. Default: plain HTTP inside the cluster. */
  certificateSecretName?: Input<string>;
  /**
   * 2 or more in production. 0 stops Keycloak, which an upgrade to a version that cannot run beside the old one
   * needs. Default 2, at most 20.
   */
  instances?: number;
  /** Memory of each, requested and the limit, in MiB, 1024 to 65536. Default 2048. */
  memoryMebibytes?: number;
  /** Processor time that each is sure of, in thousandths, 100 to 64000; there is no limit. Default 500. */
  cpuMillicores?: number;
  /** On every object, beside the recommended ones. */
  labels?: Record<string, Input<string>>;
  /** Arguments laid over those of the children, by role; `realm` is the realm document. */
  overrides?: Overrides;
}
