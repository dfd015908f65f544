import { StaticSite } from "../../components/index.ts";
import { CLOUDFRONT_REGION, makeAlarmTopics } from "../alarm-topics.ts";
import { makeDeployPolicy } from "../deploy-policy.ts";
import type { StaticSiteConfig } from "./config.ts";

/** A web site of files on AWS, and the policy that whoever uploads them needs. */
export async function program(config: StaticSiteConfig) {
  const { accountId, region, domain, zoneId, mode } = config;
  const tags = { "roost:stage": config.stage };
  const alarms = makeAlarmTopics(config.alarms, { accountId, regions: [CLOUDFRONT_REGION], tags });
  const site = new StaticSite("site", {
    accountId,
    region,
    domains: { [domain]: { zoneId } },
    mode,
    deletionProtection: config.stage === "production",
    alarms: alarms[CLOUDFRONT_REGION]!,
    tags,
  });
  return {
    url: `https://${domain}`,
    bucketName: site.bucketName,
    distributionId: site.distributionId,
    deployPolicyArn: makeDeployPolicy("site-deploy", site.grantDeploy, tags).arn,
  };
}
