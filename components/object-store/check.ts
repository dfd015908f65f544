import { ALARM_ROLE, checkAlarms } from "../alarms.ts";
import { type Fault, oneOf, wholeNumber } from "../faults.ts";
import { LOG_BUCKET_ROLE } from "../log-bucket.ts";
import { unknownRoles } from "../overrides.ts";
import { PRIVATE_BUCKET_ROLES } from "../private-bucket.ts";
import { checkPlace, isRegion } from "../regions.ts";
import { LockMode, type ObjectStoreArgs, StoreEncryption, type StoreReplicationArgs } from "./args.ts";
import { checkLifecycle } from "./lifecycle-plan.ts";

/** Roles of the children, for `overrides`. */
export const OBJECT_STORE_ROLES = [
  "bucket",
  ...PRIVATE_BUCKET_ROLES,
  "objectLock",
  "logging",
  "replication",
  "replicationRole",
  "metrics",
  LOG_BUCKET_ROLE,
  ALARM_ROLE,
] as const;

/** Everything that is wrong with a store's arguments. */
export function checkObjectStore(args: ObjectStoreArgs): Fault[] {
  const { bucketName, noncurrentDays, objectLock, replication, accessLog } = args;
  return [
    ...unknownRoles(args.overrides, OBJECT_STORE_ROLES),
    ...checkPlace(args),
    ...(bucketName === undefined ? [] : checkBucketName(bucketName)),
    ...checkEncryption(args),
    ...(noncurrentDays === undefined ? [] : wholeNumber("noncurrentDays", noncurrentDays, 1, 36500, "days")),
    ...checkLifecycle(args.lifecycle ?? {}, objectLock),
    ...(objectLock
      ? [
          ...oneOf("objectLock.mode", objectLock.mode, LockMode),
          ...wholeNumber("objectLock.days", objectLock.days, 1, 36500, "days"),
        ]
      : []),
    ...(replication ? checkReplication(replication, args) : []),
    ...(accessLog?.retentionDays === undefined
      ? []
      : wholeNumber("accessLog.retentionDays", accessLog.retentionDays, 1, 3653, "days")),
    ...checkAlarms(args.alarms),
  ];
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html; dots break TLS by host name. */
function checkBucketName(bucketName: string): Fault[] {
  const reserved = /^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3|--x-s3|--table-s3)$/;
  return /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(bucketName) && !reserved.test(bucketName)
    ? []
    : [
        {
          field: "bucketName",
          value: bucketName,
          allowed: "3 to 63 small letters, digits and hyphens, no prefix or suffix that AWS keeps for itself",
        },
      ];
}

function checkEncryption({ encryption, kmsKeyArn, distributionArns = {} }: ObjectStoreArgs): Fault[] {
  if (encryption !== undefined) {
    const faults = oneOf("encryption", encryption, StoreEncryption);
    if (faults.length > 0) return faults;
  }
  if (encryption === StoreEncryption.s3) {
    return kmsKeyArn === undefined
      ? []
      : [{ field: "encryption", value: encryption, allowed: "kms when a kmsKeyArn is given" }];
  }
  return Object.keys(distributionArns).length > 0 && kmsKeyArn === undefined
    ? [
        {
          field: "encryption",
          value: encryption ?? StoreEncryption.kms,
          allowed: "s3 for a distribution, or kms with a kmsKeyArn whose policy lets CloudFront decrypt",
        },
      ]
    : [];
}

function checkReplication(replication: StoreReplicationArgs, store: ObjectStoreArgs): Fault[] {
  const faults: Fault[] = [];
  const { accountId, kmsKeyArn, region } = replication;
  if (accountId !== undefined && !/^\d{12}$/.test(accountId)) {
    const allowed = "an account number of 12 digits";
    faults.push({ field: "replication.accountId", value: accountId, allowed });
  }
  // S3 copies what KMS encrypts only with keys that its role may use, and the account's own key is not one.
  if (store.encryption !== StoreEncryption.s3 && store.kmsKeyArn === undefined) {
    const allowed = "a key of your own, or encryption s3, when objects are copied";
    faults.push({ field: "kmsKeyArn", value: undefined, allowed });
  }
  if ((store.kmsKeyArn === undefined) !== (kmsKeyArn === undefined)) {
    const allowed = "a key in the region of the copies exactly when the store has a kmsKeyArn";
    faults.push({ field: "replication.kmsKeyArn", value: kmsKeyArn && "given", allowed });
  }
  if (kmsKeyArn !== undefined ? !isRegion(region ?? "") : region !== undefined && !isRegion(region)) {
    const allowed = "the region of the copies, such as eu-central-1, beside a kmsKeyArn";
    faults.push({ field: "replication.region", value: region, allowed });
  }
  return faults;
}
