// The second copy: a role that reads versions here and writes them there, and nothing else.

import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import type { Bucket } from "@pulumi/aws/s3/bucket.js";
import {
  BucketReplicationConfig,
  type BucketReplicationConfigArgs,
} from "@pulumi/aws/s3/bucketReplicationConfig.js";
import { type Input, interpolate, type Resource } from "@pulumi/pulumi";
import { documentText } from "../document.ts";
import { type PolicyStatement, policyDocument, trustPolicy } from "../grants.ts";
import { type Overrides, override } from "../overrides.ts";
import type { ObjectStoreArgs, StoreReplicationArgs } from "./args.ts";

/** Id of the rule, by which CloudWatch counts. */
export const REPLICATION_RULE = "copy";

export function makeReplication(
  replication: StoreReplicationArgs,
  store: ObjectStoreArgs,
  context: { name: string; parent: Resource; bucket: Bucket; versioning: Resource; overrides?: Overrides },
): void {
  const { name, parent, bucket, overrides } = context;
  const role = new Role(
    `${name}-replication-role`,
    override(overrides, "replicationRole", {
      assumeRolePolicy: trustPolicy("s3.amazonaws.com", {
        StringEquals: { "aws:SourceAccount": store.accountId },
        ArnLike: { "aws:SourceArn": bucket.arn },
      }),
      description: `Copies the objects of ${name}`,
      tags: store.tags,
    }),
    { parent },
  );
  const document = policyDocument(planReplicationAccess(bucket.arn, replication, store));
  const policyName = `${name}-replication-policy`;
  const policy = new RolePolicy(
    policyName,
    { role: role.id, policy: documentText(policyName, "policy", document, parent) },
    { parent },
  );
  new BucketReplicationConfig(
    `${name}-replication`,
    override(overrides, "replication", {
      bucket: bucket.id,
      role: role.arn,
      rules: [planReplicationRule(replication)],
    }),
    // S3 refuses it before there are versions.
    { parent, dependsOn: [context.versioning, policy] },
  );
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html */
export function planReplicationAccess(
  source: Input<string>,
  { bucketArn, kmsKeyArn, region }: StoreReplicationArgs,
  store: Pick<ObjectStoreArgs, "region" | "kmsKeyArn" | "objectLock">,
): PolicyStatement[] {
  const via = (place: string) => ({ StringEquals: { "kms:ViaService": `s3.${place}.amazonaws.com` } });
  return [
    { actions: ["s3:GetReplicationConfiguration", "s3:ListBucket"], resources: [source] },
    {
      actions: [
        "s3:GetObjectVersionForReplication",
        "s3:GetObjectVersionAcl",
        "s3:GetObjectVersionTagging",
        ...(store.objectLock ? ["s3:GetObjectRetention", "s3:GetObjectLegalHold"] : []),
      ],
      resources: [interpolate`${source}/*`],
    },
    {
      actions: [
        "s3:ReplicateObject",
        "s3:ReplicateDelete",
        "s3:ReplicateTags",
        "s3:ObjectOwnerOverrideToBucketOwner",
      ],
      resources: [interpolate`${bucketArn}/*`],
    },
    ...(store.kmsKeyArn === undefined
      ? []
      : [{ actions: ["kms:Decrypt"], resources: [store.kmsKeyArn], conditions: via(store.region) }]),
    ...(kmsKeyArn === undefined
      ? []
      : [
          {
            actions: ["kms:Encrypt", "kms:GenerateDataKey"],
            resources: [kmsKeyArn],
            conditions: via(region ?? store.region),
          },
        ]),
  ];
}

function planReplicationRule(replication: StoreReplicationArgs) {
  const { bucketArn, accountId, kmsKeyArn, prefix, deletes = false, timeControl = false } = replication;
  const minutes = 15;
  return {
    id: REPLICATION_RULE,
    status: "Enabled",
    priority: 1,
    filter: { prefix: prefix ?? "" },
    deleteMarkerReplication: { status: deletes ? "Enabled" : "Disabled" },
    ...(kmsKeyArn !== undefined && {
      sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: "Enabled" } },
    }),
    destination: {
      bucket: bucketArn,
      ...(accountId !== undefined && {
        account: accountId,
        accessControlTranslation: { owner: "Destination" },
      }),
      ...(kmsKeyArn !== undefined && { encryptionConfiguration: { replicaKmsKeyId: kmsKeyArn } }),
      metrics: { status: "Enabled", ...(timeControl && { eventThreshold: { minutes } }) },
      ...(timeControl && { replicationTime: { status: "Enabled", time: { minutes } } }),
    },
  } satisfies ReplicationRule;
}

type ReplicationRule = Extract<BucketReplicationConfigArgs["rules"], readonly unknown[]>[number];
