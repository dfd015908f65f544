import { ALARM_ROLE } from "../alarms.ts";
import { checkAzureAlarms } from "../azure-alarms.ts";
import { type Fault, oneOf, wholeNumber } from "../faults.ts";
import { unknownRoles } from "../overrides.ts";
import { type BlobLifecycleArgs, BlobRedundancy, type BlobStoreArgs } from "./args.ts";

/** Roles of the children, for `overrides`. */
export const BLOB_STORE_ROLES = [
  "account",
  "blobService",
  "container",
  "lifecycle",
  "privateEndpoint",
  "dnsZoneGroup",
  "diagnostics",
  ALARM_ROLE,
] as const;

/** Ranges that Azure's firewall refuses, since they never arrive there. */
const PRIVATE_RANGE = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/;

/** Everything that is wrong with a blob store's arguments. */
export function checkBlobStore(args: BlobStoreArgs): Fault[] {
  const { accountName, redundancy, softDeleteDays, versionDays } = args;
  return [
    ...unknownRoles(args.overrides, BLOB_STORE_ROLES),
    ...(/^[a-z0-9]{3,24}$/.test(accountName ?? "")
      ? []
      : [{ field: "accountName", value: accountName, allowed: "3 to 24 small letters and digits" }]),
    ...(redundancy === undefined ? [] : oneOf("redundancy", redundancy, BlobRedundancy)),
    ...checkContainers(args),
    ...checkAllow(args),
    ...(softDeleteDays === undefined ? [] : wholeNumber("softDeleteDays", softDeleteDays, 7, 365, "days")),
    ...(versionDays === undefined ? [] : wholeNumber("versionDays", versionDays, 1, 36_500, "days")),
    ...Object.entries(args.lifecycle ?? {}).flatMap(([name, rule]) => checkRule(name, rule)),
    ...(args.logWorkspaceId === undefined
      ? [{ field: "logWorkspaceId", value: undefined, allowed: "the id of a Log Analytics workspace" }]
      : []),
    ...checkAzureAlarms(args.alarms),
  ];
}

function checkContainers({ containers = {}, allow }: BlobStoreArgs): Fault[] {
  return Object.entries(containers).flatMap(([name, { published }]) => [
    ...(/^(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(name)
      ? []
      : [
          {
            field: `containers.${name}`,
            value: name,
            allowed: "3 to 63 small letters, digits and single hyphens",
          },
        ]),
    ...(published && allow
      ? [{ field: `containers.${name}.published`, value: published, allowed: "false when allow is given" }]
      : []),
  ]);
}

function checkAllow({ allow }: BlobStoreArgs): Fault[] {
  if (!allow) return [];
  const { ipRanges = [], subnetIds = [] } = allow;
  return [
    ...(ipRanges.length + subnetIds.length > 0
      ? []
      : [{ field: "allow", value: allow, allowed: "at least one of ipRanges and subnetIds" }]),
    ...ipRanges.flatMap((range, at) =>
      isPublicRange(range)
        ? []
        : [
            {
              field: `allow.ipRanges[${at}]`,
              value: range,
              allowed: "a public IPv4 address or a range up to /30, such as 203.0.113.0/24",
            },
          ],
    ),
  ];
}

function isPublicRange(range: string): boolean {
  const match = /^(\d{1,3}(?:\.\d{1,3}){3})(?:\/(\d{1,2}))?$/.exec(range);
  if (!match || PRIVATE_RANGE.test(range)) return false;
  const bits = match[2] === undefined ? 30 : Number(match[2]);
  // 0 to 7 bits would open it to a good part of the internet.
  return match[1]!.split(".").every((part) => Number(part) <= 255) && bits >= 8 && bits <= 30;
}

function checkRule(name: string, rule: BlobLifecycleArgs): Fault[] {
  const field = `lifecycle.${name}`;
  const { coolAfterDays, coldAfterDays, deleteAfterDays } = rule;
  const steps = Object.entries({ coolAfterDays, coldAfterDays, deleteAfterDays }).filter(
    (step): step is [string, number] => step[1] !== undefined,
  );
  const faults = steps.flatMap(([key, days]) => wholeNumber(`${field}.${key}`, days, 1, 36_500, "days"));
  if (!/^[A-Za-z0-9]{1,256}$/.test(name)) {
    faults.push({ field, value: name, allowed: "a name of letters and digits" });
  }
  if (steps.length === 0) {
    const allowed = "at least one of coolAfterDays, coldAfterDays, deleteAfterDays";
    faults.push({ field, value: rule, allowed });
  }
  for (const [at, [key, days]] of steps.entries()) {
    const before = steps[at - 1];
    if (before && days <= before[1]) {
      faults.push({ field: `${field}.${key}`, value: days, allowed: `more than ${before[0]}` });
    }
  }
  return faults;
}
