// What every bucket of ours has, whatever it is for.

import type { Bucket } from "@pulumi/aws/s3/bucket.js";
import {
  BucketLifecycleConfiguration,
  type BucketLifecycleConfigurationArgs,
} from "@pulumi/aws/s3/bucketLifecycleConfiguration.js";
import { BucketOwnershipControls } from "@pulumi/aws/s3/bucketOwnershipControls.js";
import { BucketPolicy } from "@pulumi/aws/s3/bucketPolicy.js";
import { BucketPublicAccessBlock } from "@pulumi/aws/s3/bucketPublicAccessBlock.js";
import {
  BucketServerSideEncryptionConfiguration,
  type BucketServerSideEncryptionConfigurationArgs,
} from "@pulumi/aws/s3/bucketServerSideEncryptionConfiguration.js";
import { BucketVersioning } from "@pulumi/aws/s3/bucketVersioning.js";
import { type Input, interpolate, type Resource } from "@pulumi/pulumi";
import { type JsonDocument, withDocumentText } from "./document.ts";
import { type Overrides, override } from "./overrides.ts";

/** Roles of the children, for `overrides`. */
export const PRIVATE_BUCKET_ROLES = [
  "publicAccessBlock",
  "ownership",
  "policy",
  "encryption",
  "versioning",
  "lifecycle",
] as const;

/** Closes a bucket to the public by every way, encrypts it, keeps earlier versions and ends what is old. */
export function makePrivate(
  bucket: Bucket,
  settings: {
    policy: JsonDocument;
    encryption: BucketServerSideEncryptionConfigurationArgs["rules"];
    lifecycle: BucketLifecycleConfigurationArgs["rules"];
  },
  { name, parent, overrides }: { name: string; parent: Resource; overrides?: Overrides },
): { policy: BucketPolicy; versioning: BucketVersioning } {
  const of = { bucket: bucket.id };
  const access = new BucketPublicAccessBlock(
    `${name}-access`,
    override(overrides, "publicAccessBlock", {
      ...of,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    }),
    { parent },
  );
  const policy = new BucketPolicy(
    `${name}-policy`,
    withDocumentText(
      `${name}-policy`,
      "policy",
      override(overrides, "policy", { ...of, policy: settings.policy }),
      parent,
    ),
    // S3 refuses two changes of a bucket's access at a time, so one waits for the other.
    { parent, dependsOn: [access] },
  );
  new BucketOwnershipControls(
    `${name}-ownership`,
    override(overrides, "ownership", { ...of, rule: { objectOwnership: "BucketOwnerEnforced" } }),
    { parent, dependsOn: [policy] },
  );
  new BucketServerSideEncryptionConfiguration(
    `${name}-encryption`,
    override(overrides, "encryption", { ...of, rules: settings.encryption }),
    { parent },
  );
  const versioning = new BucketVersioning(
    `${name}-versioning`,
    override(overrides, "versioning", { ...of, versioningConfiguration: { status: "Enabled" } }),
    { parent },
  );
  new BucketLifecycleConfiguration(
    `${name}-lifecycle`,
    override(overrides, "lifecycle", { ...of, rules: settings.lifecycle }),
    // S3 wants to know that there are earlier versions before it is told when they end.
    { parent, dependsOn: [versioning] },
  );
  return { policy, versioning };
}

/** The statement of a bucket's policy that refuses everybody who comes without TLS. */
export function tlsOnly(arn: Input<string>) {
  return {
    Sid: "TlsOnly",
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: [arn, interpolate`${arn}/*`],
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
}
