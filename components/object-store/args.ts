import type { Input } from "@pulumi/pulumi";
import type { AlarmArgs } from "../alarms.ts";
import type { Overrides } from "../overrides.ts";

/** What objects are encrypted with when they are written. */
export const StoreEncryption = {
  /** KMS: each use of the key is on record. `kmsKeyArn`, or the account's own key for S3. */
  kms: "kms",
  /** Keys of S3 itself: nothing to pay, read by CloudFront and written by delivery services without a key policy. */
  s3: "s3",
} as const;
export type StoreEncryption = (typeof StoreEncryption)[keyof typeof StoreEncryption];

/** Who can end a lock before its time. */
export const LockMode = {
  /** Nobody, not even the account's root: for audit. A wrong period is paid for until it is over. */
  compliance: "COMPLIANCE",
  /** Who is allowed `s3:BypassGovernanceRetention`, which no grant of ours gives. */
  governance: "GOVERNANCE",
} as const;
export type LockMode = (typeof LockMode)[keyof typeof LockMode];

/** Each new version cannot be deleted or overwritten for a time: write once, read many. */
export interface ObjectLockArgs {
  mode: LockMode;
  /** Days from the writing of a version, 1 to 36500. */
  days: number;
}

/** A second copy, in another bucket. */
export interface StoreReplicationArgs {
  /** ARN of the bucket that takes the copies, such as another `ObjectStore` of another region. It has versions. */
  bucketArn: Input<string>;
  /** Account number of that bucket's owner, who then owns the copies. Default: this account. */
  accountId?: string;
  /** Key that copies are encrypted with, in that bucket's region. Required when this store has a `kmsKeyArn`. */
  kmsKeyArn?: Input<string>;
  /** Region of that bucket. Required beside its `kmsKeyArn`: the key is used for S3 of that region only. */
  region?: string;
  /** Copies keys that begin with this only. Default: everything. */
  prefix?: string;
  /** Marks copies as deleted as well. Default false: a deletion here does not reach the copy. */
  deletes?: boolean;
  /** AWS guarantees 99.9 % within 15 minutes, for 0.015 USD a GB. Default false. */
  timeControl?: boolean;
}

/** What happens to objects with age. At least one of the days is given. */
export interface LifecycleRuleArgs {
  /** Keys that begin with this. Default: every key. */
  prefix?: string;
  /** Days until they move to Standard-IA: half the price, a fee for each read. 30 or more. Default never. */
  infrequentAfterDays?: number;
  /** Days until they move to Glacier Instant Retrieval: a sixth of the price, read at once. Default never. */
  archiveAfterDays?: number;
  /** Days until they are deleted; as an earlier version they stay for `noncurrentDays`. Default never. */
  expireAfterDays?: number;
}

/** Records of each request, delivered within hours. */
export interface StoreLogArgs {
  /** Default true. */
  enabled?: boolean;
  /** Name of a bucket of the same account and region that lets S3's log service write. Default: one is made. */
  bucketName?: Input<string>;
  /** Days that records are kept in the bucket that is made. Default 365. */
  retentionDays?: number;
}

export interface ObjectStoreArgs {
  /** Account number: access logs are taken from this account's buckets only. */
  accountId: string;
  /** Region in which this is made, such as eu-west-1. */
  region: string;
  /** Name of the bucket, unique in the world, without dots. Default: from the component's name. A change replaces it. */
  bucketName?: string;
  /** Default `StoreEncryption.kms`. */
  encryption?: StoreEncryption;
  /** Key for `StoreEncryption.kms`. Default: the account's own key for S3, which other accounts cannot use. */
  kmsKeyArn?: Input<string>;
  /** Days that overwritten and deleted versions are kept. Default 90. */
  noncurrentDays?: number;
  /** Further rules by a name of your choice. */
  lifecycle?: Record<string, LifecycleRuleArgs>;
  /** Default none. It can be added later, and never be taken away. */
  objectLock?: ObjectLockArgs;
  /** Default none. */
  replication?: StoreReplicationArgs;
  /**
   * CloudFront distributions that read it by origin access control, by a name of your choice. The distribution
   * needs the bucket first, so pass `deferredOutput()` of Pulumi and resolve it when the distribution is there.
   */
  distributionArns?: Record<string, Input<string>>;
  accessLog?: StoreLogArgs;
  /** Pulumi refuses to delete the bucket. Switch off and deploy before a destroy; S3 still demands it is empty. Default true. */
  deletionProtection?: boolean;
  alarms: AlarmArgs;
  /** On every resource, beside those of the provider. */
  tags?: Record<string, Input<string>>;
  /** Arguments laid over those of the children, by role. */
  overrides?: Overrides;
}
