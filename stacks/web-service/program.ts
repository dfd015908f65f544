import { getProject, getStack, interpolate } from "@pulumi/pulumi";
import {
  BackupChoice,
  Cdn,
  Cluster,
  Egress,
  Exposure,
  FargateService,
  LoadBalancer,
  Network,
  Postgres,
  PostgresAvailability,
} from "../../components/index.ts";
import { regionOfZone } from "../../components/regions.ts";
import { CLOUDFRONT_REGION, makeAlarmTopics } from "../alarm-topics.ts";
import { makeCertificates } from "../certificates.ts";
import { taskLimits, type WebServiceConfig } from "./config.ts";

/**
 * A web service for the internet: a CDN with a firewall, which alone reaches a load balancer inside the network by
 * TLS; tasks that follow the load; a PostgreSQL database that they log in to by IAM; alarms of all of them. A dev
 * stack has the same parts, smaller, without spares, and can be destroyed at once.
 */
export async function program(config: WebServiceConfig) {
  const { accountId, domain, zoneId } = config;
  const isKept = config.stage === "production";
  const region = regionOfZone(config.zones[0]!)!;
  const tags = { "roost:stage": config.stage };
  const regions = [...new Set([region, CLOUDFRONT_REGION])];
  const alarms = makeAlarmTopics(config.alarms, { accountId, regions, tags });
  const certificates = makeCertificates(domain, { zoneId, regions, tags });
  const usual = { tags, alarms: alarms[region]! };

  const network = new Network("network", {
    zones: config.zones,
    egress: isKept ? Egress.natPerAz : Egress.natInstance,
    uses: isKept ? { containerImages: true, logs: true, secrets: true } : {},
    tags,
  });
  const cluster = new Cluster("cluster", { accountId, region, tags });
  const database = new Postgres("database", {
    ...usual,
    network,
    region,
    engineVersion: config.databaseVersion,
    instanceClass: config.databaseClass,
    availability: isKept ? PostgresAvailability.multiAz : PostgresAvailability.singleAz,
    backups: isKept ? { choice: BackupChoice.daily, days: 14 } : { choice: BackupChoice.none },
    deletionProtection: isKept,
    finalSnapshot: isKept,
  });
  const balancer = new LoadBalancer("balancer", {
    ...usual,
    network,
    accountId,
    region,
    exposure: Exposure.internal,
    certificateArn: certificates[region]!,
    deletionProtection: isKept,
  });
  const service = new FargateService("web", {
    ...usual,
    cluster,
    network,
    // Families are unique in an account and region, which stacks may share.
    family: `${getProject()}-${getStack()}-web`,
    image: config.image,
    port: config.port,
    cpu: config.cpu,
    memoryMiB: config.memoryMiB,
    environment: {
      DATABASE_HOST: database.host,
      DATABASE_PORT: interpolate`${database.port}`,
      DATABASE_NAME: database.databaseName,
      DATABASE_USER: "app",
      ...config.environment,
    },
    grants: [database.grantConnect],
    front: {
      shared: balancer,
      routes: { main: { hosts: [domain] } },
      health: { path: config.healthPath },
    },
    autoscaling: taskLimits(config),
  });
  const cdn = new Cdn("cdn", {
    accountId,
    domains: { [domain]: { zoneId } },
    certificateArn: certificates[CLOUDFRONT_REGION]!,
    origins: { web: { loadBalancer: balancer } },
    defaultPath: { origin: "web", writes: true },
    alarms: alarms[CLOUDFRONT_REGION]!,
    tags,
  });

  return {
    url: `https://${domain}`,
    distributionId: cdn.distributionId,
    clusterName: cluster.name,
    serviceName: service.serviceName,
    logGroupName: service.logGroupName,
    databaseHost: database.host,
    databaseSecretArn: database.secretArn,
  };
}
