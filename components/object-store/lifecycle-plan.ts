// What becomes of objects with age, as the rules that S3 takes.

import { type Fault, wholeNumber } from "../faults.ts";
import type { LifecycleRuleArgs, ObjectLockArgs } from "./args.ts";

export const DEFAULT_NONCURRENT_DAYS = 90;
/** The rule that every store has. */
const HOUSEKEEPING = "housekeeping";

export interface LifecycleRule {
  id: string;
  status: string;
  filter: { prefix?: string };
  transitions?: { days: number; storageClass: string }[];
  expiration?: { days?: number; expiredObjectDeleteMarker?: boolean };
  noncurrentVersionExpiration?: { noncurrentDays: number };
  abortIncompleteMultipartUpload?: { daysAfterInitiation: number };
}

/** The rules of a checked store: earlier versions and broken uploads end, then what is asked, by name. */
export function planLifecycle(
  rules: Record<string, LifecycleRuleArgs> = {},
  noncurrentDays = DEFAULT_NONCURRENT_DAYS,
): LifecycleRule[] {
  return [
    {
      id: HOUSEKEEPING,
      status: "Enabled",
      filter: {},
      expiration: { expiredObjectDeleteMarker: true },
      noncurrentVersionExpiration: { noncurrentDays },
      abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
    },
    ...Object.entries(rules)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([id, rule]) => planRule(id, rule)),
  ];
}

function planRule(id: string, rule: LifecycleRuleArgs): LifecycleRule {
  const { prefix, infrequentAfterDays, archiveAfterDays, expireAfterDays } = rule;
  const transitions = [
    { days: infrequentAfterDays, storageClass: "STANDARD_IA" },
    { days: archiveAfterDays, storageClass: "GLACIER_IR" },
  ].flatMap(({ days, storageClass }) => (days === undefined ? [] : [{ days, storageClass }]));
  return {
    id,
    status: "Enabled",
    filter: prefix === undefined ? {} : { prefix },
    ...(transitions.length > 0 && { transitions }),
    ...(expireAfterDays !== undefined && { expiration: { days: expireAfterDays } }),
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html */
export function checkLifecycle(rules: Record<string, LifecycleRuleArgs>, lock?: ObjectLockArgs): Fault[] {
  return Object.entries(rules).flatMap(([name, rule]) => {
    const { infrequentAfterDays, archiveAfterDays, expireAfterDays } = rule;
    const field = `lifecycle.${name}`;
    const faults: Fault[] = [];
    const range = (key: string, value: number | undefined, low: number) =>
      value === undefined ? [] : wholeNumber(`${field}.${key}`, value, low, 36500, "days");
    if (!/^[a-z][a-z0-9-]{0,62}$/.test(name) || name === HOUSEKEEPING) {
      const allowed = `1 to 63 small letters, digits and hyphens, not ${HOUSEKEEPING}`;
      faults.push({ field, value: name, allowed });
    }
    const stages = [infrequentAfterDays, archiveAfterDays, expireAfterDays].filter(
      (days) => days !== undefined,
    );
    if (stages.length === 0) {
      faults.push({
        field,
        value: rule,
        allowed: "infrequentAfterDays, archiveAfterDays or expireAfterDays",
      });
    }
    faults.push(
      ...range("infrequentAfterDays", infrequentAfterDays, 30),
      ...range("archiveAfterDays", archiveAfterDays, 1),
      ...range("expireAfterDays", expireAfterDays, 1),
    );
    if (stages.some((days, at) => at > 0 && days <= stages[at - 1]!)) {
      faults.push({ field, value: rule, allowed: "each stage later than the one before" });
    }
    if (infrequentAfterDays !== undefined && archiveAfterDays !== undefined) {
      // Standard-IA is paid for 30 days at least.
      if (archiveAfterDays - infrequentAfterDays < 30) {
        const allowed = "30 days or more after infrequentAfterDays";
        faults.push({ field: `${field}.archiveAfterDays`, value: archiveAfterDays, allowed });
      }
    }
    if (lock && expireAfterDays !== undefined && expireAfterDays < lock.days) {
      const allowed = `${lock.days} or more: before that the lock keeps the object`;
      faults.push({ field: `${field}.expireAfterDays`, value: expireAfterDays, allowed });
    }
    return faults;
  });
}
