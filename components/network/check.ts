import { type Fault, oneOf } from "../faults.ts";
import { checkRetention } from "../logs.ts";
import { unknownRoles } from "../overrides.ts";
import { regionOfZone } from "../regions.ts";
import { Egress, type NetworkArgs, TierKind } from "./args.ts";
import { checkCidr, checkTiers, DEFAULT_TIERS } from "./cidr-plan.ts";
import { planEndpoints } from "./endpoint-plan.ts";

/** Roles of the children, for `overrides`. */
export const NETWORK_ROLES = [
  "vpc",
  "defaultSecurityGroup",
  "internetGateway",
  "egressOnlyGateway",
  "subnet",
  "routeTable",
  "natAddress",
  "natGateway",
  "natInterface",
  "natInstance",
  "natSecurityGroup",
  "natLaunchTemplate",
  "gatewayEndpoint",
  "interfaceEndpoint",
  "endpointSecurityGroup",
  "flowLog",
  "flowLogGroup",
  "flowLogRole",
] as const;

/** Everything that is wrong with a network's arguments. */
export function checkNetwork(args: NetworkArgs): Fault[] {
  return [
    ...unknownRoles(args.overrides, NETWORK_ROLES),
    ...(args.existing ? checkExisting(args) : checkOwn(args)),
  ];
}

function checkExisting(args: NetworkArgs): Fault[] {
  const own: (keyof NetworkArgs)[] = ["zones", "cidr", "tiers", "egress", "natZone", "natInstance", "uses"];
  return [...own, "ipv6" as const, "flowLogs" as const]
    .filter((field) => args[field] !== undefined)
    .map((field) => ({
      field,
      value: args[field],
      allowed: "nothing beside existing, which is not changed",
    }));
}

function checkOwn({ zones = [], cidr, tiers, egress, natZone, natInstance, uses, flowLogs }: NetworkArgs) {
  const allTiers = { ...DEFAULT_TIERS, ...tiers };
  const faults = [
    ...checkZones(zones),
    ...(cidr === undefined ? [] : checkCidr("cidr", cidr)),
    ...checkTiers(allTiers),
    ...Object.entries(tiers ?? {}).flatMap(([name, { kind }]) => oneOf(`tiers.${name}.kind`, kind, TierKind)),
    ...oneOf("egress", egress, Egress),
    ...checkRetention("flowLogs.retentionDays", flowLogs?.retentionDays),
  ];
  if (natZone !== undefined && !zones.includes(natZone)) {
    faults.push({ field: "natZone", value: natZone, allowed: `one of zones: ${zones.join(", ")}` });
  }
  if (natInstance && egress !== Egress.natInstance) {
    faults.push({ field: "natInstance", value: egress, allowed: "egress natInstance beside it" });
  }
  const needsPublic: unknown[] = [Egress.natPerAz, Egress.natSingle, Egress.natInstance];
  if (needsPublic.includes(egress) && allTiers.public?.kind !== TierKind.public) {
    faults.push({ field: "tiers.public.kind", value: allTiers.public?.kind, allowed: "public, for NAT" });
  }
  if (egress === Egress.endpointsOnly && planEndpoints(uses).interfaces.length === 0) {
    faults.push({ field: "uses", value: uses, allowed: "at least one service when egress is endpointsOnly" });
  }
  return faults;
}

function checkZones(zones: readonly string[]): Fault[] {
  const faults: Fault[] = [];
  if (zones.length === 0) {
    faults.push({ field: "zones", value: zones, allowed: "at least one zone, two or more in production" });
  }
  for (const [at, zone] of zones.entries()) {
    const field = `zones[${at}]`;
    if (regionOfZone(zone) === undefined) {
      faults.push({ field, value: zone, allowed: "a zone of a region, such as eu-west-1a, lettered a to h" });
    } else if (zones.indexOf(zone) < at) {
      faults.push({ field, value: zone, allowed: "each zone once" });
    } else if (regionOfZone(zone) !== regionOfZone(zones[0]!)) {
      faults.push({ field, value: zone, allowed: `a zone of the first one's region, ${zones[0]}` });
    }
  }
  return faults;
}
