import { LogDelivery } from "@pulumi/aws/cloudwatch/logDelivery.js";
import { LogDeliveryDestination } from "@pulumi/aws/cloudwatch/logDeliveryDestination.js";
import { LogDeliverySource } from "@pulumi/aws/cloudwatch/logDeliverySource.js";
import type { Input, Resource } from "@pulumi/pulumi";
import { makeLogBucket } from "../log-bucket.ts";
import { DEFAULT_RETENTION_DAYS } from "../logs.ts";
import { type Overrides, override } from "../overrides.ts";
import type { CdnLogArgs } from "./args.ts";
import { CLOUDFRONT_REGION } from "./check.ts";

/**
 * A record of each request, as JSON, in a bucket of their own (standard logging v2; needs no ACL).
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging.html
 */
export function makeAccessLogs(
  { retentionDays = DEFAULT_RETENTION_DAYS }: CdnLogArgs,
  context: {
    name: string;
    parent: Resource;
    accountId: string;
    distributionArn: Input<string>;
    tags?: Record<string, Input<string>>;
    overrides?: Overrides;
  },
): void {
  const { name, parent, accountId, tags, overrides } = context;
  const { bucket, policy } = makeLogBucket(
    "logs",
    {
      retentionDays,
      deliveries: [
        {
          service: "delivery.logs.amazonaws.com",
          keys: `AWSLogs/${accountId}/*`,
          conditions: {
            StringEquals: {
              "aws:SourceAccount": accountId,
              "s3:x-amz-acl": "bucket-owner-full-control",
            },
            ArnLike: { "aws:SourceArn": `arn:aws:logs:${CLOUDFRONT_REGION}:${accountId}:delivery-source:*` },
          },
        },
      ],
    },
    { name, parent, tags, overrides },
  );
  const region = CLOUDFRONT_REGION;
  const source = new LogDeliverySource(
    `${name}-log-source`,
    override(overrides, "logSource", {
      region,
      logType: "ACCESS_LOGS",
      resourceArn: context.distributionArn,
      tags,
    }),
    { parent },
  );
  const destination = new LogDeliveryDestination(
    `${name}-log-destination`,
    override(overrides, "logDestination", {
      region,
      outputFormat: "json",
      deliveryDestinationConfiguration: { destinationResourceArn: bucket.arn },
      tags,
    }),
    { parent },
  );
  new LogDelivery(
    `${name}-log-delivery`,
    override(overrides, "logDelivery", {
      region,
      deliverySourceName: source.name,
      deliveryDestinationArn: destination.arn,
      tags,
    }),
    // The service tries to write when the delivery is made.
    { parent, dependsOn: [policy] },
  );
}
