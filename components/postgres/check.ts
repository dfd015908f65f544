import { ALARM_ROLE, checkAlarms } from "../alarms.ts";
import { BackupChoice } from "../backups.ts";
import { type Fault, oneOf, wholeNumber } from "../faults.ts";
import { checkRetention } from "../logs.ts";
import { unknownRoles } from "../overrides.ts";
import { isRegion } from "../regions.ts";
import { type PostgresArgs, PostgresAvailability, PostgresUpdates } from "./args.ts";
import { checkParameters, MAJOR_VERSIONS, majorOf } from "./parameter-plan.ts";

/** Roles of the children, for `overrides`. */
export const POSTGRES_ROLES = [
  "instance",
  "subnetGroup",
  "parameterGroup",
  "securityGroup",
  "monitoringRole",
  "logGroup",
  ALARM_ROLE,
] as const;

/** GiB to begin with. */
export const DEFAULT_STORAGE_GIB = 50;
/** GiB, the most that RDS gives. */
const MOST_STORAGE_GIB = 65536;
/** Names that the server or RDS keeps for itself. */
const RESERVED = ["admin", "rdsadmin", "rdsrepladmin", "rds_superuser", "rds_iam", "template0", "template1"];

/** Everything that is wrong with a database's name and arguments. */
export function checkPostgres(name: string, args: PostgresArgs): Fault[] {
  const { region, instanceClass, availability, updates, logRetentionDays, parameters = {} } = args;
  return [
    ...unknownRoles(args.overrides, POSTGRES_ROLES),
    // It becomes the instance's identifier.
    ...matching(
      "name",
      name,
      /^[a-z](-?[a-z0-9]){0,39}$/,
      "1 to 40 small letters, digits and single hyphens",
    ),
    ...(isRegion(region)
      ? []
      : [{ field: "region", value: region, allowed: "a region of AWS, such as eu-west-1" }]),
    ...checkVersion(args.engineVersion),
    ...matching(
      "instanceClass",
      instanceClass,
      /^db\.[a-z0-9-]+\.[a-z0-9-]+$/,
      "a class of RDS, such as db.m7g.large",
    ),
    ...checkStorage(args),
    ...(availability === undefined ? [] : oneOf("availability", availability, PostgresAvailability)),
    ...(updates === undefined ? [] : oneOf("updates", updates, PostgresUpdates)),
    ...checkNames(args),
    ...checkBackups(args),
    ...checkBlueGreen(args),
    ...checkParameters(parameters),
    ...checkRetention("logRetentionDays", logRetentionDays),
    ...checkAlarms(args.alarms),
  ];
}

function checkVersion(version: string): Fault[] {
  return MAJOR_VERSIONS.includes(majorOf(version)) && /^\d+(\.\d+)?$/.test(version)
    ? []
    : [
        {
          field: "engineVersion",
          value: version,
          allowed: `a version such as "17" or "17.6", major one of ${MAJOR_VERSIONS.join(", ")}`,
        },
      ];
}

function checkStorage({ storageGib = DEFAULT_STORAGE_GIB, storageLimitGib }: PostgresArgs): Fault[] {
  const faults = wholeNumber("storageGib", storageGib, 20, MOST_STORAGE_GIB, "GiB");
  if (storageLimitGib === undefined || faults.length > 0) return faults;
  return wholeNumber("storageLimitGib", storageLimitGib, leastLimit(storageGib), MOST_STORAGE_GIB, "GiB");
}

/** GiB that storage grows to unless told otherwise; nothing where it has no room to grow. */
export function defaultStorageLimit(storageGib: number): number | undefined {
  const limit = Math.min(4 * storageGib, MOST_STORAGE_GIB);
  return limit < leastLimit(storageGib) ? undefined : limit;
}

/** RDS takes a limit that is a tenth more than the storage, or none. */
function leastLimit(storageGib: number): number {
  return Math.ceil((storageGib * 11) / 10);
}

function checkNames({ databaseName, administrator = "postgres", iamUser }: PostgresArgs): Fault[] {
  const user = /^(?!pg_)[a-z_][a-z0-9_]{0,62}$/;
  const allowed = "1 to 63 small letters, digits and underscores, no name that PostgreSQL or RDS keeps";
  const faults = [
    ...matching(
      "databaseName",
      databaseName,
      /^[A-Za-z_][A-Za-z0-9_]{0,62}$/,
      "letters, digits, underscores",
    ),
    ...matching("administrator", administrator, user, allowed),
    ...matching("iamUser", iamUser, user, allowed),
  ];
  for (const [field, value] of Object.entries({ databaseName, administrator, iamUser })) {
    if (value !== undefined && RESERVED.includes(value)) faults.push({ field, value, allowed });
  }
  // Whoever has rds_iam cannot log in by password any more, which would lock the administrator out.
  if (iamUser === administrator) {
    faults.push({ field: "iamUser", value: iamUser, allowed: "another user than the administrator" });
  }
  return faults;
}

function checkBackups({ backups, maintenanceWindow }: PostgresArgs): Fault[] {
  const time = "([01]\\d|2[0-3]):[0-5]\\d";
  const day = "(mon|tue|wed|thu|fri|sat|sun)";
  return [
    ...oneOf("backups.choice", backups?.choice, BackupChoice),
    ...(backups?.days === undefined ? [] : wholeNumber("backups.days", backups.days, 7, 35, "days")),
    ...(backups?.choice === BackupChoice.none && backups.days !== undefined
      ? [{ field: "backups.days", value: backups.days, allowed: "nothing when choice is none" }]
      : []),
    ...matching("backups.window", backups?.window, new RegExp(`^${time}-${time}$`), 'UTC, "02:00-03:00"'),
    ...matching(
      "maintenanceWindow",
      maintenanceWindow,
      new RegExp(`^${day}:${time}-${day}:${time}$`),
      'UTC, "sun:04:00-sun:05:00"',
    ),
  ];
}

function checkBlueGreen({ updates, backups, masterPassword }: PostgresArgs): Fault[] {
  if (updates !== PostgresUpdates.blueGreen) return [];
  const faults: Fault[] = [];
  if (backups?.choice === BackupChoice.none) {
    const allowed = "inPlace without backups: the copy is made from one";
    faults.push({ field: "updates", value: updates, allowed });
  }
  if (masterPassword === undefined) {
    const allowed =
      "inPlace, or a masterPassword beside it: AWS copies no instance whose password it manages";
    faults.push({ field: "updates", value: updates, allowed });
  }
  return faults;
}

function matching(field: string, value: string | undefined, pattern: RegExp, allowed: string): Fault[] {
  return value === undefined || pattern.test(value) ? [] : [{ field, value, allowed }];
}
