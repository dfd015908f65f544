import { ALARM_ROLE, checkAlarms } from "../alarms.ts";
import { BackupChoice } from "../backups.ts";
import { type Fault, oneOf, wholeNumber } from "../faults.ts";
import { unknownRoles } from "../overrides.ts";
import { regionOfZone } from "../regions.ts";
import { type AccessPointArgs, type FileSystemArgs, FileThroughput } from "./args.ts";
import { checkFileLifecycle } from "./lifecycle-plan.ts";

/** Roles of the children, for `overrides`. */
export const FILE_SYSTEM_ROLES = [
  "fileSystem",
  "policy",
  "backupPolicy",
  "accessPoint",
  "mountTarget",
  "securityGroup",
  ALARM_ROLE,
] as const;

/** Everything that is wrong with a file system's arguments. */
export function checkFileSystem(args: FileSystemArgs): Fault[] {
  const { zones = [], accessPoints = {}, throughput } = args;
  return [
    ...unknownRoles(args.overrides, FILE_SYSTEM_ROLES),
    ...checkZones(zones),
    ...(Object.keys(accessPoints).length === 0
      ? [{ field: "accessPoints", value: accessPoints, allowed: "at least one: they are the only way in" }]
      : []),
    ...Object.entries(accessPoints).flatMap(([name, point]) => checkAccessPoint(name, point)),
    ...oneOf("backups", args.backups, BackupChoice),
    ...(throughput === undefined ? [] : oneOf("throughput", throughput, FileThroughput)),
    ...checkFileLifecycle(args.lifecycle ?? {}, throughput),
    ...checkAlarms(args.alarms),
  ];
}

function checkZones(zones: readonly string[]): Fault[] {
  if (zones.length === 0) return [{ field: "zones", value: zones, allowed: "the zones of the network" }];
  return zones.flatMap((zone, at) => {
    const good = regionOfZone(zone) !== undefined && zones.indexOf(zone) === at;
    return good ? [] : [{ field: `zones[${at}]`, value: zone, allowed: "a zone such as eu-west-1a, once" }];
  });
}

/** The fault of a network that has another number of data subnets than zones: they go together by their order. */
export function checkSubnets(zones: readonly string[], subnets: number): Fault[] {
  const allowed = `${zones.length}, one for each of zones`;
  return subnets === zones.length ? [] : [{ field: "network.dataSubnetIds", value: subnets, allowed }];
}

function checkAccessPoint(name: string, { path, uid, gid, permissions }: AccessPointArgs): Fault[] {
  const field = `accessPoints.${name}`;
  const faults: Fault[] = [];
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(name)) {
    faults.push({ field, value: name, allowed: "1 to 40 small letters, digits and hyphens" });
  }
  // EFS makes at most four folders on the way.
  if (path !== undefined && !/^(\/[^/\0]+){1,4}$/.test(path)) {
    const allowed = "a path of 1 to 4 folders, such as /app/uploads";
    faults.push({ field: `${field}.path`, value: path, allowed });
  }
  if (permissions !== undefined && !/^0?[0-7]{3}$/.test(permissions)) {
    faults.push({ field: `${field}.permissions`, value: permissions, allowed: 'octal, such as "0750"' });
  }
  for (const [key, id] of Object.entries({ uid, gid })) {
    if (id !== undefined) faults.push(...wholeNumber(`${field}.${key}`, id, 1, 2 ** 32 - 1));
  }
  return faults;
}
