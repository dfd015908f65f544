// The arguments of a site's parts, from those of the site.

import type { Input } from "@pulumi/pulumi";
import { AlarmChoice } from "../alarms.ts";
import type { BucketOriginArgs, CdnArgs } from "../cdn/args.ts";
import { type ObjectStoreArgs, StoreEncryption } from "../object-store/args.ts";
import type { StaticSiteArgs } from "./args.ts";

/** The origin that the site's files are; further origins have other names. */
export const FILES = "files";
const FAILOVER = "files-elsewhere";

export function planStore(args: StaticSiteArgs, distributionArn: Input<string>): ObjectStoreArgs {
  const { accountId, region, bucketName, deletionProtection, tags } = args;
  return {
    accountId,
    region,
    bucketName,
    // With a key of KMS the distribution would need the key's policy; these files are for everybody.
    encryption: StoreEncryption.s3,
    distributionArns: { site: distributionArn },
    deletionProtection,
    // What viewers see is alarmed at the edge.
    alarms: { choice: AlarmChoice.none },
    tags,
  };
}

export function planCdn(
  args: StaticSiteArgs,
  { bucket, viewerRequestFunctionArn }: { bucket: BucketOriginArgs; viewerRequestFunctionArn: Input<string> },
): CdnArgs {
  const { accountId, domains, certificateArn, failover, origins = {}, paths } = args;
  const { headers, reach, countries, waf, logs, alarms, tags } = args;
  const page = errorDocument(args);
  const missing = page && { page: `/${page}`, status: 404 };
  return {
    accountId,
    domains,
    certificateArn,
    origins: {
      ...origins,
      [FILES]: { bucket, ...(failover && { failoverTo: FAILOVER }) },
      ...(failover && { [FAILOVER]: { bucket: failover } }),
    },
    defaultPath: { origin: FILES, viewerRequestFunctionArn },
    paths,
    defaultRootObject: args.indexDocument ?? "index.html",
    // S3 says 403 of a missing file to who may not list the bucket.
    ...(missing && { errorPages: { "403": missing, "404": missing } }),
    headers,
    reach,
    countries,
    waf,
    logs,
    alarms,
    tags,
  };
}

function errorDocument({ errorDocument, origins = {} }: StaticSiteArgs): string | undefined {
  return Object.keys(origins).length > 0 ? undefined : (errorDocument ?? "404.html");
}

/** Names of origins that a site keeps for itself. */
export const OWN_ORIGINS: readonly string[] = [FILES, FAILOVER];
