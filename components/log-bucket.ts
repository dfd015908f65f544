import { Bucket } from "@pulumi/aws/s3/bucket.js";
import type { BucketPolicy } from "@pulumi/aws/s3/bucketPolicy.js";
import { type Input, interpolate, type Output, type Resource } from "@pulumi/pulumi";
import type { JsonDocument } from "./document.ts";
import { type Overrides, override } from "./overrides.ts";
import { makePrivate, tlsOnly } from "./private-bucket.ts";

/** The role of the bucket for `overrides`. */
export const LOG_BUCKET_ROLE = "logBucket";

/** A delivery service of AWS that may write below a prefix of the bucket, for one account only. */
export interface LogDelivery {
  /** Service principal. */
  service: string;
  /** Key pattern, such as `access/AWSLogs/111122223333/*`. */
  keys: string;
  /** Condition block; names the account and, where the service says it, the source. */
  conditions: Record<string, Record<string, string>>;
  /** Ownership and ACL style are checked by some services before they write. */
  checksAcl?: boolean;
}

/** A bucket for logs that services deliver: private, TLS only, versioned, with an end for each log. */
export function makeLogBucket(
  suffix: string,
  { retentionDays, deliveries }: { retentionDays: number; deliveries: readonly LogDelivery[] },
  context: { name: string; parent: Resource; tags?: Record<string, Input<string>>; overrides?: Overrides },
): { bucket: Bucket; policy: BucketPolicy } {
  const name = `${context.name}-${suffix}`;
  const { parent } = context;
  const bucket = new Bucket(
    name,
    override(context.overrides, LOG_BUCKET_ROLE, { forceDestroy: false, tags: context.tags }),
    { parent },
  );
  const { policy } = makePrivate(
    bucket,
    {
      policy: logBucketPolicy(bucket.arn, deliveries),
      // Delivery services write with the bucket's own key only.
      encryption: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
      lifecycle: [
        {
          id: "end-of-logs",
          status: "Enabled",
          filter: {},
          expiration: { days: retentionDays },
          noncurrentVersionExpiration: { noncurrentDays: 30 },
          abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
        },
      ],
    },
    { name, parent },
  );
  return { bucket, policy };
}

function logBucketPolicy(arn: Output<string>, deliveries: readonly LogDelivery[]): JsonDocument {
  return {
    Version: "2012-10-17",
    Statement: [
      tlsOnly(arn),
      ...deliveries.flatMap(({ service, keys, conditions, checksAcl }) => [
        {
          Effect: "Allow",
          Principal: { Service: service },
          Action: "s3:PutObject",
          Resource: interpolate`${arn}/${keys}`,
          Condition: conditions,
        },
        ...(checksAcl
          ? [
              {
                Effect: "Allow",
                Principal: { Service: service },
                Action: "s3:GetBucketAcl",
                Resource: arn,
                Condition: conditions,
              },
            ]
          : []),
      ]),
    ],
  };
}
