import { ALARM_ROLE } from "../alarms.ts";
import { checkAzureAlarms } from "../azure-alarms.ts";
import { checkHeaders } from "../cdn/headers-plan.ts";
import { type Fault, oneOf, wholeNumber } from "../faults.ts";
import { unknownRoles } from "../overrides.ts";
import {
  type FrontDoorArgs,
  type FrontDoorOriginArgs,
  type FrontDoorPathArgs,
  PrivateLinkPart,
  WafMode,
} from "./args.ts";

/** Roles of the children, for `overrides`. */
export const FRONT_DOOR_ROLES = [
  "profile",
  "endpoint",
  "originGroup",
  "origin",
  "route",
  "customDomain",
  "firewall",
  "securityPolicy",
  "rule",
  "diagnostics",
  ALARM_ROLE,
] as const;

/** Everything that is wrong with a front door's arguments. */
export function checkFrontDoor(args: FrontDoorArgs): Fault[] {
  const origins = args.origins ?? {};
  const { originTimeoutSeconds, defaultRootObject } = args;
  return [
    ...unknownRoles(args.overrides, FRONT_DOOR_ROLES),
    ...checkDomains(args),
    ...(Object.keys(origins).length > 0
      ? []
      : [{ field: "origins", value: origins, allowed: "at least one origin" }]),
    ...Object.keys(origins).flatMap((name) => checkOrigin(name, origins)),
    ...checkPath("defaultPath", args.defaultPath, origins),
    ...Object.entries(args.paths ?? {}).flatMap(([pattern, path]) => [
      ...checkPattern(pattern),
      ...checkPath(`paths.${pattern}`, path, origins),
    ]),
    ...checkKeys(Object.keys(args.paths ?? {})),
    ...(defaultRootObject === undefined || /^[^/\s]\S*$/.test(defaultRootObject)
      ? []
      : [
          {
            field: "defaultRootObject",
            value: defaultRootObject,
            allowed: "a name without a slash before it",
          },
        ]),
    ...checkHeaders(args.headers),
    ...checkWaf(args),
    ...(originTimeoutSeconds === undefined
      ? []
      : wholeNumber("originTimeoutSeconds", originTimeoutSeconds, 16, 240, "seconds")),
    ...(args.logWorkspaceId === undefined
      ? [{ field: "logWorkspaceId", value: undefined, allowed: "the id of a Log Analytics workspace" }]
      : []),
    ...checkAzureAlarms(args.alarms),
  ];
}

/** A path pattern as part of a name: `/api/*` → `api-all`, `/api` → `api`. */
export function routeKey(pattern: string): string {
  const words = pattern.replace(/\/\*$/, "/all").replace(/[^A-Za-z0-9]+/g, "-");
  return words.replace(/^-|-$/g, "");
}

/** Azure names routes by letters, digits and hyphens, so patterns must differ in those. */
function checkKeys(patterns: readonly string[]): Fault[] {
  return patterns
    .filter((pattern, at) => patterns.findIndex((other) => routeKey(other) === routeKey(pattern)) < at)
    .map((value) => ({ field: "paths", value, allowed: "patterns that differ in letters and digits" }));
}

function checkDomains({ domains = {} }: FrontDoorArgs): Fault[] {
  return Object.entries(domains).flatMap(([domain, { zone }]) => {
    const field = `domains.${domain}`;
    if (!/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/.test(domain)) {
      // Azure keeps no certificates for wildcards.
      return [{ field, value: domain, allowed: "a domain in small letters without a wildcard" }];
    }
    const fits = !zone || domain === zone.zoneName || domain.endsWith(`.${zone.zoneName}`);
    return fits
      ? []
      : [{ field: `${field}.zone.zoneName`, value: zone.zoneName, allowed: `a zone that ${domain} is in` }];
  });
}

function checkOrigin(name: string, origins: Record<string, FrontDoorOriginArgs>): Fault[] {
  const field = `origins.${name}`;
  const { privateLink, checksFrontDoorId, path, failoverTo, probePath } = origins[name]!;
  const other = failoverTo === undefined ? undefined : origins[failoverTo];
  const faults: Fault[] = [];
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(name)) {
    faults.push({ field, value: name, allowed: "a name of at most 40 small letters, digits and hyphens" });
  }
  if (!privateLink && !checksFrontDoorId) {
    const allowed = "true, or privateLink: else who knows the origin passes by the firewall";
    faults.push({ field: `${field}.checksFrontDoorId`, value: checksFrontDoorId, allowed });
  }
  if (privateLink) faults.push(...oneOf(`${field}.privateLink.part`, privateLink.part, PrivateLinkPart));
  if (failoverTo !== undefined && (!other || failoverTo === name)) {
    faults.push({ field: `${field}.failoverTo`, value: failoverTo, allowed: "another origin" });
  } else if (other && Boolean(other.privateLink) !== Boolean(privateLink)) {
    const allowed = "an origin that is reached the same way: both by privateLink or neither";
    faults.push({ field: `${field}.failoverTo`, value: failoverTo, allowed });
  }
  for (const [key, value] of Object.entries({ path, probePath })) {
    if (value === undefined || /^\/\S*$/.test(value)) continue;
    faults.push({ field: `${field}.${key}`, value, allowed: "a path that begins with /" });
  }
  return faults;
}

function checkPath(
  field: string,
  path: FrontDoorPathArgs | undefined,
  origins: Record<string, FrontDoorOriginArgs>,
): Fault[] {
  return origins[path?.origin ?? ""]
    ? []
    : [
        {
          field: `${field}.origin`,
          value: path?.origin,
          allowed: `an origin: ${Object.keys(origins).join(", ")}`,
        },
      ];
}

/** A wildcard stands at the end only, and `/*` is the default path's. */
function checkPattern(pattern: string): Fault[] {
  return /^\/[^\s*]+(\/\*)?$/.test(pattern)
    ? []
    : [{ field: "paths", value: pattern, allowed: "a path, or one that ends in /*, such as /api/*" }];
}

function checkWaf({ waf = {} }: FrontDoorArgs): Fault[] {
  const { mode, requestsPerFiveMinutes, onlyCountries = [] } = waf;
  return [
    ...(mode === undefined ? [] : oneOf("waf.mode", mode, WafMode)),
    ...(requestsPerFiveMinutes === undefined
      ? []
      : wholeNumber("waf.requestsPerFiveMinutes", requestsPerFiveMinutes, 10, 1_000_000)),
    ...onlyCountries
      .filter((country) => !/^[A-Z]{2}$/.test(country))
      .map((value) => ({ field: "waf.onlyCountries", value, allowed: "two capital letters, such as DE" })),
  ];
}
