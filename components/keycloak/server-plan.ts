// How Keycloak is started: arguments, environment and ports, the same wherever it runs.

import { type Input, interpolate } from "@pulumi/pulumi";
import type { KeycloakDatabaseArgs, KeycloakServerArgs } from "./args.ts";
import { clientSecretVariable, confidentialClients } from "./realm-plan.ts";

export const KEYCLOAK_PORTS = {
  http: 8080,
  https: 8443,
  /** Health and metrics; never behind the load balancer. */
  management: 9000,
  /** Instances among themselves: JGroups, and its detection of failures. */
  cluster: 7800,
  clusterFailure: 57800,
} as const;

/** Paths that the public listener passes on: all else, `/admin` above all, stays inside. */
export const PUBLIC_PATHS = ["/realms/", "/resources/", "/.well-known/"] as const;

/** Folders that the platform mounts read-only. */
export const KEYCLOAK_FOLDERS = {
  /** `ca.crt`: the authority that signed the database's certificate. */
  databaseAuthority: "/opt/roost/database-authority",
  /** `tls.crt` and `tls.key`. */
  certificate: "/opt/roost/certificate",
  /** The realm document. */
  realm: "/opt/roost/realm",
} as const;

/** Environment variables whose values the platform takes from its secret store. */
export const SECRET_VARIABLES = {
  databaseUser: "KC_DB_USERNAME",
  databasePassword: "KC_DB_PASSWORD",
  adminUser: "KC_BOOTSTRAP_ADMIN_USERNAME",
  adminPassword: "KC_BOOTSTRAP_ADMIN_PASSWORD",
} as const;

/** One process of Keycloak. */
export interface KeycloakProcess {
  arguments: string[];
  environment: Record<string, Input<string>>;
}

/**
 * An instance: an image with its build options inside, found by the others through a table of the database,
 * healthy when the management port says so. No build option is set here: one that differs from the image's
 * would be refused by `--optimized`.
 *
 * @param certificate whether the platform mounts one; without it the port is plain HTTP behind a proxy.
 */
export function planServer(server: KeycloakServerArgs, database: KeycloakDatabaseArgs, certificate: boolean) {
  const environment: KeycloakProcess["environment"] = {
    ...databaseEnvironment(database),
    KC_HOSTNAME: server.url,
    KC_HOSTNAME_ADMIN: server.adminUrl,
    KC_PROXY_HEADERS: "xforwarded",
    ...(server.trustedProxies && { KC_PROXY_TRUSTED_ADDRESSES: [...server.trustedProxies].sort().join(",") }),
    ...(certificate
      ? {
          KC_HTTPS_CERTIFICATE_FILE: `${KEYCLOAK_FOLDERS.certificate}/tls.crt`,
          KC_HTTPS_CERTIFICATE_KEY_FILE: `${KEYCLOAK_FOLDERS.certificate}/tls.key`,
        }
      : { KC_HTTP_ENABLED: "true" }),
    KC_HTTP_MAX_QUEUED_REQUESTS: String(server.queuedRequests ?? 1000),
    KC_CACHE: "ispn",
    KC_CACHE_STACK: "jdbc-ping",
    KC_CACHE_EMBEDDED_MTLS_ENABLED: "true",
    KC_LOG_CONSOLE_OUTPUT: "json",
  };
  return { arguments: ["start", "--optimized"], environment } satisfies KeycloakProcess;
}

/**
 * The job that makes the realm. It never overrides: Keycloak would delete the realm first, users and all. It
 * joins no cluster, and resolves `${CLIENT_SECRET_…}` in the document from its environment.
 */
export function planImport(server: KeycloakServerArgs, database: KeycloakDatabaseArgs) {
  return {
    arguments: [
      "import",
      "--optimized",
      `--file=${KEYCLOAK_FOLDERS.realm}/${realmFile(server)}`,
      "--override=false",
    ],
    environment: {
      ...databaseEnvironment({ ...database, connections: 5 }),
      KC_CACHE: "local",
      KC_LOG_CONSOLE_OUTPUT: "json",
    },
  } satisfies KeycloakProcess;
}

/** The name that Keycloak's import asks for. */
export function realmFile({ realm }: KeycloakServerArgs): string {
  return `${realm.name}-realm.json`;
}

/** Variable → client id, for each client with a secret. */
export function clientSecretVariables({ realm }: KeycloakServerArgs): Record<string, string> {
  return Object.fromEntries(confidentialClients(realm).map((id) => [clientSecretVariable(id), id]));
}

/** One size of pool: a pool that shrinks pays a TLS handshake in the middle of the next rush. */
function databaseEnvironment({
  host,
  port = 5432,
  name = "keycloak",
  connections = 20,
}: KeycloakDatabaseArgs) {
  const pool = String(connections);
  return {
    KC_DB_URL: interpolate`jdbc:postgresql://${host}:${port}/${name}?sslmode=verify-full&sslrootcert=${KEYCLOAK_FOLDERS.databaseAuthority}/ca.crt`,
    KC_DB_POOL_INITIAL_SIZE: pool,
    KC_DB_POOL_MIN_SIZE: pool,
    KC_DB_POOL_MAX_SIZE: pool,
  };
}
