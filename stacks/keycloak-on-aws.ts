import { Record as DnsRecord } from "@pulumi/aws/route53/record.js";
import { Secret } from "@pulumi/aws/secretsmanager/secret.js";
import { SecretVersion } from "@pulumi/aws/secretsmanager/secretVersion.js";
import { getProject, getStack, jsonStringify, secret } from "@pulumi/pulumi";
import {
  type AlarmArgs,
  BackupChoice,
  type Cluster,
  Exposure,
  KeycloakOnEcs,
  LoadBalancer,
  type LoadBalancerReference,
  type Network,
  Postgres,
  PostgresAvailability,
  type SecretLoginReference,
} from "../components/index.ts";
import { makeCertificates } from "./certificates.ts";
import type { KeycloakConfig } from "./keycloak/config.ts";

/** Where Keycloak is put. */
export interface KeycloakPlace {
  network: Network;
  cluster: Cluster;
  region: string;
  /** The load balancer of users. */
  front: LoadBalancerReference;
  alarms: AlarmArgs;
  tags: Record<string, string>;
}

/** Says to whoever judges a secret that the password in it is the user's to change. */
export const rotatedByHand = { "roost:rotation": "by hand" };

/** Keycloak on ECS with a database and an internal load balancer for administrators. */
export function makeKeycloakOnAws(config: KeycloakConfig, place: KeycloakPlace) {
  const { network, cluster, region, front, alarms, tags } = place;
  const isKept = config.stage === "production";
  const { accountId, identityDomain, identityAdminDomain } = config;
  const usual = { alarms, tags };

  const password = secret(config.databasePassword);
  const database = new Postgres("identity-database", {
    ...usual,
    network,
    region,
    engineVersion: "17",
    databaseName: "keycloak",
    administrator: "keycloak",
    masterPassword: password,
    availability: isKept ? PostgresAvailability.multiAz : PostgresAvailability.singleAz,
    backups: isKept ? { choice: BackupChoice.daily, days: 14 } : { choice: BackupChoice.none },
    deletionProtection: isKept,
    finalSnapshot: isKept,
  });
  const inside = new LoadBalancer("identity-admin", {
    ...usual,
    network,
    accountId,
    region,
    exposure: Exposure.internal,
    certificateArn: makeCertificates(identityAdminDomain, {
      name: "identity-admin-certificate",
      zoneId: config.zoneId,
      regions: [region],
      tags,
    })[region]!,
    deletionProtection: isKept,
  });
  const keycloak = new KeycloakOnEcs("identity", {
    ...usual,
    cluster,
    network,
    family: `${getProject()}-${getStack()}-identity`,
    image: config.keycloakImage,
    url: `https://${identityDomain}`,
    adminUrl: `https://${identityAdminDomain}`,
    realm: config.realm,
    database: {
      host: database.host,
      securityGroupId: database.securityGroupId,
      login: loginOf(makeLogin().arn),
    },
    bootstrapAdmin: loginOf(config.bootstrapAdminSecretArn),
    clientSecrets: Object.fromEntries(
      Object.entries(config.clientSecretArns).map(([id, arn]) => [id, { arn }]),
    ),
    front,
    adminFront: inside,
    instances: config.keycloakInstances ?? (isKept ? 2 : 1),
  });
  pointAt(identityAdminDomain, config.zoneId, inside);
  return { keycloak, database };

  /** Tasks get it by reference; RDS's own secret would change every week under running connections. */
  function makeLogin(): Secret {
    const login = new Secret("identity-database-login", {
      description: "Keycloak's user of its database",
      recoveryWindowInDays: isKept ? 30 : 0,
      tags: { ...tags, ...rotatedByHand },
    });
    const secretString = jsonStringify({ username: database.administrator, password });
    new SecretVersion("identity-database-login-value", { secretId: login.id, secretString });
    return login;
  }
}

function loginOf(arn: SecretLoginReference["user"]["arn"]): SecretLoginReference {
  return { user: { arn, field: "username" }, password: { arn, field: "password" } };
}

/** Makes a name lead to a load balancer. */
export function pointAt(name: string, zoneId: string, balancer: LoadBalancer): void {
  const aliases = [{ name: balancer.dnsName, zoneId: balancer.zoneId, evaluateTargetHealth: true }];
  new DnsRecord(`${name}-a`, { zoneId, name, type: "A", aliases });
}
