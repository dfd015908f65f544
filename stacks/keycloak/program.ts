import { Cluster, Egress, Exposure, LoadBalancer, Network } from "../../components/index.ts";
import { regionOfZone } from "../../components/regions.ts";
import { makeAlarmTopics } from "../alarm-topics.ts";
import { makeCertificates } from "../certificates.ts";
import { makeKeycloakOnAws, pointAt } from "../keycloak-on-aws.ts";
import type { KeycloakConfig } from "./config.ts";

/**
 * Keycloak on ECS: users come by a public load balancer with a firewall, which leads them to sign-in only;
 * administrators by an internal one. One typed realm, a database with a standby, alarms of all of them.
 */
export async function program(config: KeycloakConfig) {
  const { accountId, zoneId, zones, identityDomain } = config;
  const isKept = config.stage === "production";
  const region = regionOfZone(zones[0]!)!;
  const tags = { "roost:stage": config.stage };
  const alarms = makeAlarmTopics(config.alarms, { accountId, regions: [region], tags })[region]!;
  const certificates = makeCertificates(identityDomain, { zoneId, regions: [region], tags });

  const network = new Network("network", {
    zones,
    egress: isKept ? Egress.natPerAz : Egress.natInstance,
    uses: isKept ? { containerImages: true, logs: true, secrets: true } : {},
    tags,
  });
  const cluster = new Cluster("cluster", { accountId, region, tags });
  const front = new LoadBalancer("front", {
    network,
    accountId,
    region,
    exposure: Exposure.public,
    certificateArn: certificates[region]!,
    deletionProtection: isKept,
    alarms,
    tags,
  });
  pointAt(identityDomain, zoneId, front);
  const { keycloak } = makeKeycloakOnAws(config, { network, cluster, region, front, alarms, tags });

  return {
    url: keycloak.url,
    issuer: keycloak.issuer,
    adminUrl: `https://${config.identityAdminDomain}`,
    clusterName: cluster.name,
    serviceName: keycloak.serviceName,
    logGroupName: keycloak.logGroupName,
  };
}
