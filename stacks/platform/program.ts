import { Secret } from "@pulumi/aws/secretsmanager/secret.js";
import { SecretVersion } from "@pulumi/aws/secretsmanager/secretVersion.js";
import { getProject, getStack, interpolate, secret } from "@pulumi/pulumi";
import {
  BackupChoice,
  Cluster,
  type CollectorArgs,
  Egress,
  Exposure,
  FargateService,
  type FargateServiceArgs,
  LoadBalancer,
  MonitoringOnAws,
  Network,
  Postgres,
  PostgresAvailability,
  type SecretReference,
} from "../../components/index.ts";
import { regionOfZone } from "../../components/regions.ts";
import { makeAlarmTopics } from "../alarm-topics.ts";
import { makeCertificates } from "../certificates.ts";
import { makeKeycloakOnAws, pointAt, rotatedByHand } from "../keycloak-on-aws.ts";
import { PLATFORM_ALERTS } from "./alerts.ts";
import type { PlatformConfig } from "./config.ts";
import { makePlatformDashboard } from "./dashboard.ts";
import { planPlatformRealm, planSignIn } from "./sign-in.ts";

const API_PORT = 8000;
/** Where the image has the certificates of RDS: Node trusts them beside its own. */
const AUTHORITY = "/opt/roost/database-authority/ca.crt";

/**
 * Roost itself on ECS: the API behind a load balancer with a firewall, workers that run deployments, PostgreSQL,
 * Keycloak for its users, alarms and a dashboard. API and workers share nothing but the database and the key.
 */
export async function program(config: PlatformConfig) {
  const { accountId, zoneId, zones, domain } = config;
  const isKept = config.stage === "production";
  const region = regionOfZone(zones[0]!)!;
  const tags = { "roost:stage": config.stage };
  const alarms = makeAlarmTopics(config.alarms, { accountId, regions: [region], tags })[region]!;
  const usual = { alarms, tags };

  const network = new Network("network", {
    zones,
    egress: isKept ? Egress.natPerAz : Egress.natInstance,
    uses: isKept ? { containerImages: true, logs: true, secrets: true } : {},
    tags,
  });
  const cluster = new Cluster("cluster", { accountId, region, tags });
  const front = makeFront();
  const password = secret(config.databasePassword);
  const database = makeDatabase();
  const secrets = makeSecrets();
  const adminToken = { ROOST_ADMIN_TOKEN: { arn: config.adminTokenSecretArn } };
  const signIn = planSignIn(config);
  const api = makeService("api", {
    command: ["start"],
    secrets: { ...secrets, ...adminToken, ...signIn?.secrets },
    environment: {
      ROOST_HOST: "0.0.0.0",
      ROOST_PORT: `${API_PORT}`,
      ROOST_BEHIND_PROXY: "1",
      ROOST_PUBLIC_URL: `https://${domain}`,
      ROOST_WORKERS: "0",
      ROOST_HELLO: "0",
      ...signIn?.environment,
    },
    port: API_PORT,
    front: { shared: front, routes: { main: { hosts: [domain] } }, health: { path: "/ready" } },
    autoscaling: { minimum: config.apiTasks ?? (isKept ? 2 : 1), maximum: isKept ? 100 : 2 },
    collector: makeCollector(),
  });
  const workers = makeService("workers", {
    command: ["worker"],
    cpu: 1024,
    memoryMiB: 4096,
    // A deployment that is cut off is taken up again by another worker; most end in time.
    stopSeconds: 120,
    tasks: config.workers ?? (isKept ? 2 : 1),
    autoscaling: { enabled: false },
  });
  const { keycloak } = makeKeycloakOnAws(
    { ...config, realm: planPlatformRealm(config), clientSecretArns: signIn?.clientSecretArns ?? {} },
    { network, cluster, region, front, alarms, tags },
  );
  makePlatformDashboard({ region, clusterName: cluster.name, front, api, workers, database, alarms, tags });

  return {
    url: `https://${domain}`,
    issuer: keycloak.issuer,
    clusterName: cluster.name,
    workerRoleArn: workers.taskRoleArn,
    apiLogGroupName: api.logGroupName,
    workerLogGroupName: workers.logGroupName,
  };

  /** One door for the API's host and for sign-in, with a certificate of each. */
  function makeFront(): LoadBalancer {
    const place = { zoneId, regions: [region], tags };
    const identity = makeCertificates(config.identityDomain, { ...place, name: "identity-certificate" });
    const balancer = new LoadBalancer("front", {
      ...usual,
      network,
      accountId,
      region,
      exposure: Exposure.public,
      certificateArn: makeCertificates(domain, place)[region]!,
      moreCertificateArns: { identity: identity[region]! },
      deletionProtection: isKept,
    });
    for (const name of [domain, config.identityDomain]) pointAt(name, zoneId, balancer);
    return balancer;
  }

  function makeDatabase(): Postgres {
    return new Postgres("database", {
      ...usual,
      network,
      region,
      engineVersion: "17",
      databaseName: "roost",
      administrator: "roost",
      masterPassword: password,
      availability: isKept ? PostgresAvailability.multiAz : PostgresAvailability.singleAz,
      backups: isKept ? { choice: BackupChoice.daily, days: 14 } : { choice: BackupChoice.none },
      deletionProtection: isKept,
      finalSnapshot: isKept,
    });
  }

  /** Each API task tells of the whole platform: its metrics count what is in the database. */
  function makeCollector(): CollectorArgs | undefined {
    if (!config.metrics) return undefined;
    const { collectorImage, tokenSecretArn } = config.metrics;
    const { prometheusEndpoint, workspaceArn } = new MonitoringOnAws("metrics", {
      ...usual,
      region,
      prometheus: {},
      alerts: { roost: PLATFORM_ALERTS },
    });
    return {
      image: collectorImage,
      metrics: { endpoint: prometheusEndpoint, workspaceArn },
      scrapePath: "/metrics",
      scrapeToken: { arn: tokenSecretArn },
    };
  }

  /** What both services read when they start. */
  function makeSecrets(): Record<string, SecretReference> {
    const url = new Secret("database-url", {
      description: "Where Roost's database is, with its password",
      recoveryWindowInDays: isKept ? 30 : 0,
      tags: { ...tags, ...rotatedByHand },
    });
    const encoded = password.apply(encodeURIComponent);
    const secretString = interpolate`postgres://${database.administrator}:${encoded}@${database.host}:${database.port}/${database.databaseName}?sslmode=verify-full`;
    new SecretVersion("database-url-value", { secretId: url.id, secretString });
    return {
      DATABASE_URL: { arn: url.arn },
      ROOST_MASTER_KEY: { arn: config.masterKeySecretArn },
    };
  }

  function makeService(name: string, args: Partial<FargateServiceArgs>): FargateService {
    const connections = [{ securityGroupId: database.securityGroupId, port: 5432 }];
    return new FargateService(name, {
      ...usual,
      cluster,
      network,
      family: `${getProject()}-${getStack()}-${name}`,
      image: config.image,
      cpu: 512,
      writablePaths: ["/data", "/tmp"],
      secrets,
      grants: [{ name: "database", connections }],
      ...args,
      environment: { ROOST_DATA_DIR: "/data", NODE_EXTRA_CA_CERTS: AUTHORITY, ...args.environment },
    });
  }
}
