import { assignRoles, StaticSite } from "../../components/index.ts";
import { CLOUDFRONT_REGION, makeAlarmTopics } from "../alarm-topics.ts";
import { makeAzureFiles } from "../azure-files.ts";
import { makeAzurePlace } from "../azure-place.ts";
import { makeDeployPolicy } from "../deploy-policy.ts";
import type { ModuleHostingConfig } from "./config.ts";

/** Modules are read by pages of other sites, which CORS alone does not allow where a page asks for isolation. */
const FOR_OTHER_SITES = { "cross-origin-resource-policy": "cross-origin" };

/**
 * Where microfrontend modules are kept and loaded from: S3 and CloudFront, Azure Blob and Front Door, or both, so
 * that a shell can load them from the other when one cloud fails. Only the shells' pages may read them.
 */
export async function program(config: ModuleHostingConfig) {
  return { ...onAws(config), ...onAzure(config) };
}

function onAws({ aws, stage, shells, ...config }: ModuleHostingConfig) {
  if (aws === undefined) return {};
  const tags = { "roost:stage": stage };
  const regions = [CLOUDFRONT_REGION];
  const alarms = makeAlarmTopics(config.alarms, { accountId: aws.accountId, regions, tags });
  const site = new StaticSite("modules", {
    accountId: aws.accountId,
    region: aws.region,
    domains: { [aws.domain]: { zoneId: aws.zoneId } },
    headers: { cors: { origins: shells }, custom: FOR_OTHER_SITES },
    deletionProtection: stage === "production",
    alarms: alarms[CLOUDFRONT_REGION]!,
    tags,
  });
  return {
    awsUrl: `https://${aws.domain}`,
    bucketName: site.bucketName,
    distributionId: site.distributionId,
    publishPolicyArn: makeDeployPolicy("modules-publish", site.grantDeploy, tags).arn,
  };
}

function onAzure({ azure, stage, shells, ...config }: ModuleHostingConfig) {
  if (azure === undefined) return {};
  const tags = { "roost-stage": stage };
  const place = makeAzurePlace(config.alarms, { location: azure.location, tags });
  const headers = { custom: { "access-control-allow-origin": shells[0]!, ...FOR_OTHER_SITES } };
  const { store, frontDoor } = makeAzureFiles("azure-modules", { ...azure, stage, headers, tags }, place);
  if (azure.publisherPrincipalId !== undefined) {
    assignRoles("azure-publisher", azure.publisherPrincipalId, [store.grantWrite]);
  }
  return {
    azureUrl: `https://${azure.domain}`,
    accountName: store.accountName,
    containerName: "files",
    frontDoorHost: frontDoor.hostName,
  };
}
