import { Bucket } from "@pulumi/aws/s3/bucket.js";
import { BucketLogging } from "@pulumi/aws/s3/bucketLogging.js";
import { BucketMetric } from "@pulumi/aws/s3/bucketMetric.js";
import { BucketObjectLockConfiguration } from "@pulumi/aws/s3/bucketObjectLockConfiguration.js";
import { ComponentResource, type ComponentResourceOptions, type Output } from "@pulumi/pulumi";
import { AlarmChoice, makeAlarms } from "../alarms.ts";
import { refuse } from "../faults.ts";
import type { Grant } from "../grants.ts";
import { makeLogBucket } from "../log-bucket.ts";
import { DEFAULT_RETENTION_DAYS } from "../logs.ts";
import { override } from "../overrides.ts";
import { makePrivate } from "../private-bucket.ts";
import { planStoreAlarms, REQUEST_METRICS } from "./alarm-plan.ts";
import { type ObjectStoreArgs, StoreEncryption } from "./args.ts";
import { bucketPolicy } from "./bucket-policy.ts";
import { checkObjectStore } from "./check.ts";
import { planStoreGrants, type StoreGrants } from "./grant-plan.ts";
import { planLifecycle } from "./lifecycle-plan.ts";
import { makeReplication } from "./replication.ts";

/** Beside the instances, because schema inference publishes every field. */
const grants = new WeakMap<ObjectStore, StoreGrants>();

/**
 * A private S3 bucket: no public access by any way, no ACLs, TLS 1.2 only, encrypted, with versions that are
 * kept for 90 days and a record of each request. `objectLock` makes it an archive for audit, `replication`
 * keeps a second copy. It is never emptied by a destroy.
 *
 * ```ts
 * const uploads = new ObjectStore("uploads", {
 *   accountId: "111122223333",
 *   region: "eu-west-1",
 *   lifecycle: { drafts: { prefix: "drafts/", expireAfterDays: 30 } },
 *   alarms: { choice: AlarmChoice.notify, topicArns: [topic.arn] },
 * });
 * const held = { grants: [uploads.grantRead, uploads.grantWrite] }; // arguments of a FargateService
 * ```
 *
 * A month: about 0.023 USD a GB, earlier versions included; 0.005 USD for 1,000 writes; request metrics for the
 * alarms about 5 USD; replication doubles the storage.
 */
export class ObjectStore extends ComponentResource {
  readonly bucketName: Output<string>;
  readonly bucketArn: Output<string>;
  /** Host name for a CDN's origin, with the region in it. */
  readonly domainName: Output<string>;

  constructor(name: string, args: ObjectStoreArgs, opts?: ComponentResourceOptions) {
    super("roost-components:index:ObjectStore", name, {}, opts);
    refuse("ObjectStore", name, checkObjectStore(args));

    const { overrides, tags } = args;
    const parent = this;
    const bucket = makeBucket();
    const { versioning } = makePrivate(
      bucket,
      {
        policy: bucketPolicy(bucket.arn, args.distributionArns),
        encryption: planEncryption(args),
        lifecycle: planLifecycle(args.lifecycle, args.noncurrentDays),
      },
      { name, parent, overrides },
    );
    if (args.objectLock) makeObjectLock(args.objectLock);
    if (args.accessLog?.enabled !== false) makeAccessLog();
    if (args.replication) {
      makeReplication(args.replication, args, { name, parent, bucket, versioning, overrides });
    }
    makeAlarmsOfStore();

    grants.set(this, planStoreGrants(name, bucket.arn, args));
    this.bucketName = bucket.id;
    this.bucketArn = bucket.arn;
    this.domainName = bucket.bucketRegionalDomainName;
    this.registerOutputs({
      bucketName: this.bucketName,
      bucketArn: this.bucketArn,
      domainName: this.domainName,
    });

    function makeBucket(): Bucket {
      const protect = args.deletionProtection ?? true;
      return new Bucket(
        `${name}-bucket`,
        override(overrides, "bucket", { bucket: args.bucketName, forceDestroy: false, tags }),
        { parent, protect },
      );
    }

    /** Not by the bucket's own switch: that one replaces a bucket which is there. */
    function makeObjectLock({ mode, days }: NonNullable<ObjectStoreArgs["objectLock"]>): void {
      new BucketObjectLockConfiguration(
        `${name}-lock`,
        override(overrides, "objectLock", { bucket: bucket.id, rule: { defaultRetention: { mode, days } } }),
        { parent, dependsOn: [versioning] },
      );
    }

    /** https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html */
    function makeAccessLog(): void {
      const { accountId } = args;
      const prefix = "access/";
      const made =
        args.accessLog?.bucketName === undefined
          ? makeLogBucket(
              "logs",
              {
                retentionDays: args.accessLog?.retentionDays ?? DEFAULT_RETENTION_DAYS,
                deliveries: [
                  {
                    service: "logging.s3.amazonaws.com",
                    keys: `${prefix}${accountId}/*`,
                    conditions: { StringEquals: { "aws:SourceAccount": accountId } },
                  },
                ],
              },
              { name, parent, tags, overrides },
            )
          : undefined;
      new BucketLogging(
        `${name}-logging`,
        override(overrides, "logging", {
          bucket: bucket.id,
          targetBucket: made?.bucket.id ?? args.accessLog?.bucketName ?? "",
          targetPrefix: prefix,
          targetObjectKeyFormat: { partitionedPrefix: { partitionDateSource: "EventTime" } },
        }),
        { parent, ...(made && { dependsOn: [made.policy] }) },
      );
    }

    function makeAlarmsOfStore(): void {
      if (args.alarms.choice === AlarmChoice.none) return;
      new BucketMetric(
        `${name}-metrics`,
        override(overrides, "metrics", { bucket: bucket.id, name: REQUEST_METRICS }),
        { parent },
      );
      const specs = planStoreAlarms(name, bucket.id, args.replication);
      makeAlarms(args.alarms, specs, { name, parent, tags, overrides });
    }
  }

  /** To list the bucket and read its objects. */
  get grantRead(): Grant {
    return grants.get(this)!.read;
  }

  /** To write objects, in parts as well. What is overwritten stays as an earlier version. */
  get grantWrite(): Grant {
    return grants.get(this)!.write;
  }

  /** To delete objects, which stay as earlier versions. */
  get grantDelete(): Grant {
    return grants.get(this)!.delete;
  }
}

function planEncryption({ encryption, kmsKeyArn }: ObjectStoreArgs) {
  const byDefault =
    encryption === StoreEncryption.s3
      ? { sseAlgorithm: "AES256" }
      : { sseAlgorithm: "aws:kms", kmsMasterKeyId: kmsKeyArn };
  // A key of the bucket's own, derived from that of KMS, spares a call of KMS for each object.
  return [{ applyServerSideEncryptionByDefault: byDefault, bucketKeyEnabled: true }];
}
