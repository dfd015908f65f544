import { ALARM_ROLE, checkAlarms } from "../alarms.ts";
import { type Fault, oneOf, wholeNumber } from "../faults.ts";
import { LOG_BUCKET_ROLE } from "../log-bucket.ts";
import { checkRetention } from "../logs.ts";
import { unknownRoles } from "../overrides.ts";
import { checkPlace, regionOfArn } from "../regions.ts";
import { checkWaf } from "../waf/rules.ts";
import { WAF_ROLES } from "../waf/web-acl.ts";
import { type CdnArgs, CdnCaching, type CdnOriginArgs, type CdnPathArgs, CdnReach } from "./args.ts";
import { checkHeaders } from "./headers-plan.ts";

/** Where AWS keeps what belongs to CloudFront: certificates, firewalls, metrics, log deliveries. */
export const CLOUDFRONT_REGION = "us-east-1";

/** Roles of the children, for `overrides`. */
export const CDN_ROLES = [
  "distribution",
  "originAccessControl",
  "vpcOrigin",
  "headersPolicy",
  "certificate",
  "logSource",
  "logDestination",
  "logDelivery",
  LOG_BUCKET_ROLE,
  ALARM_ROLE,
  ...WAF_ROLES,
] as const;

/** Errors that CloudFront can replace, and answers that it can take for a failure. */
const PAGE_CODES = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];
const FAILOVER_CODES = [400, 403, 404, 416, 429, 500, 502, 503, 504];

/** Everything that is wrong with a CDN's arguments. Certificates and topics are judged where they are used. */
export function checkCdn(args: CdnArgs): Fault[] {
  const { waf, logs, reach, defaultRootObject } = args;
  return [
    ...unknownRoles(args.overrides, CDN_ROLES),
    ...checkPlace({ accountId: args.accountId, region: CLOUDFRONT_REGION }),
    ...checkDomains(args),
    ...checkOrigins(args.origins ?? {}),
    ...checkPath("defaultPath", args.defaultPath, args.origins ?? {}),
    ...Object.entries(args.paths ?? {}).flatMap(([pattern, path]) => [
      ...checkPattern(pattern),
      ...checkPath(`paths.${pattern}`, path, args.origins ?? {}),
    ]),
    ...(defaultRootObject === undefined || /^[^/\s][^\s]*$/.test(defaultRootObject)
      ? []
      : [
          {
            field: "defaultRootObject",
            value: defaultRootObject,
            allowed: "a name without a slash before it",
          },
        ]),
    ...checkErrorPages(args),
    ...checkHeaders(args.headers),
    ...(reach === undefined ? [] : oneOf("reach", reach, CdnReach)),
    ...checkCountries(args),
    ...checkWaf(waf),
    ...checkRetention("waf.retentionDays", waf?.retentionDays),
    ...(logs?.retentionDays === undefined
      ? []
      : wholeNumber("logs.retentionDays", logs.retentionDays, 1, 3653, "days")),
    ...checkAlarms(args.alarms),
  ];
}

/** The fault of a topic that CloudFront's alarms cannot tell: an alarm and its topics share a region. */
export function checkTopic(field: string, arn: string): Fault[] {
  return regionOfArn(arn) === CLOUDFRONT_REGION
    ? []
    : [
        {
          field,
          value: arn,
          allowed: `the ARN of a topic in ${CLOUDFRONT_REGION}, where CloudFront's metrics are`,
        },
      ];
}

function checkDomains({ domains = {}, certificateArn }: CdnArgs): Fault[] {
  const faults = Object.entries(domains).flatMap(([domain, { zoneId }]): Fault[] => {
    const field = `domains.${domain}`;
    if (!/^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/.test(domain)) {
      return [{ field, value: domain, allowed: "a domain in small letters, such as www.example.com" }];
    }
    return zoneId === undefined && certificateArn === undefined
      ? [{ field: `${field}.zoneId`, value: zoneId, allowed: "a zone, unless certificateArn is given" }]
      : [];
  });
  return Object.keys(domains).length > 0
    ? faults
    : [{ field: "domains", value: domains, allowed: "at least one domain" }];
}

function checkOrigins(origins: Record<string, CdnOriginArgs>): Fault[] {
  const faults = Object.entries(origins).flatMap(([name, origin]) => [
    ...(/^[a-z][a-z0-9-]{0,39}$/.test(name)
      ? []
      : [
          {
            field: `origins.${name}`,
            value: name,
            allowed: "a name of at most 40 small letters, digits and hyphens",
          },
        ]),
    ...checkOrigin(`origins.${name}`, name, origin, origins),
  ]);
  return Object.keys(origins).length > 0
    ? faults
    : [{ field: "origins", value: origins, allowed: "at least one origin" }];
}

function checkOrigin(
  field: string,
  name: string,
  origin: CdnOriginArgs,
  origins: Record<string, CdnOriginArgs>,
): Fault[] {
  const { bucket, loadBalancer, custom, path, failoverTo, failoverStatusCodes, readTimeoutSeconds } = origin;
  const kinds = Object.entries({ bucket, loadBalancer, custom }).filter(([, kind]) => kind !== undefined);
  const faults: Fault[] = [];
  if (kinds.length !== 1) {
    const value = kinds.map(([kind]) => kind);
    faults.push({ field, value, allowed: "exactly one of bucket, loadBalancer, custom" });
  }
  if (path !== undefined && !/^\/[^\s]*[^/\s]$/.test(path)) {
    faults.push({
      field: `${field}.path`,
      value: path,
      allowed: "a path that begins with / and does not end so",
    });
  }
  if (failoverTo !== undefined && (failoverTo === name || !(failoverTo in origins))) {
    faults.push({ field: `${field}.failoverTo`, value: failoverTo, allowed: others(name, origins) });
  }
  for (const [at, code] of (failoverStatusCodes ?? []).entries()) {
    if (FAILOVER_CODES.includes(code)) continue;
    const allowed = `one of ${FAILOVER_CODES.join(", ")}`;
    faults.push({ field: `${field}.failoverStatusCodes[${at}]`, value: code, allowed });
  }
  if (custom?.port !== undefined && custom.port !== 443) {
    faults.push(...wholeNumber(`${field}.custom.port`, custom.port, 1024, 65535));
  }
  if (readTimeoutSeconds !== undefined) {
    faults.push(
      ...(bucket
        ? [
            {
              field: `${field}.readTimeoutSeconds`,
              value: readTimeoutSeconds,
              allowed: "nothing for a bucket",
            },
          ]
        : wholeNumber(`${field}.readTimeoutSeconds`, readTimeoutSeconds, 1, 120, "seconds")),
    );
  }
  return faults;
}

function others(name: string, origins: Record<string, CdnOriginArgs>): string {
  const rest = Object.keys(origins).filter((other) => other !== name);
  return rest.length > 0 ? `another origin: ${rest.join(", ")}` : "another origin; there is none";
}

function checkPath(
  field: string,
  path: CdnPathArgs | undefined,
  origins: Record<string, CdnOriginArgs>,
): Fault[] {
  const origin = origins[path?.origin ?? ""];
  if (!path || !origin) {
    const allowed = `an origin: ${Object.keys(origins).join(", ")}`;
    return [{ field: `${field}.origin`, value: path?.origin, allowed }];
  }
  const faults = path.caching === undefined ? [] : oneOf(`${field}.caching`, path.caching, CdnCaching);
  if (path.caching === CdnCaching.originHeaders && !origin.loadBalancer) {
    // Its cache key has the viewer's host, which a bucket and another's server do not know.
    faults.push({ field: `${field}.caching`, value: path.caching, allowed: "files or none for this origin" });
  }
  if (path.writes && origin.failoverTo !== undefined) {
    const allowed = "false for an origin with failoverTo, which CloudFront only offers to reads";
    faults.push({ field: `${field}.writes`, value: path.writes, allowed });
  }
  if (path.writes && origin.bucket) {
    faults.push({ field: `${field}.writes`, value: path.writes, allowed: "false for a bucket" });
  }
  return faults;
}

function checkPattern(pattern: string): Fault[] {
  return /^\/[A-Za-z0-9_.*$/~"'@:+?-]{0,254}$/.test(pattern)
    ? []
    : [{ field: "paths", value: pattern, allowed: "a pattern that begins with /, such as /api/*" }];
}

function checkErrorPages({ errorPages = {} }: CdnArgs): Fault[] {
  return Object.entries(errorPages).flatMap(([code, { page, status, cacheSeconds }]) => [
    ...(PAGE_CODES.includes(Number(code))
      ? []
      : [{ field: `errorPages.${code}`, value: code, allowed: `a status: ${PAGE_CODES.join(", ")}` }]),
    ...(page.startsWith("/")
      ? []
      : [{ field: `errorPages.${code}.page`, value: page, allowed: "a path that begins with /" }]),
    ...(status === undefined ? [] : wholeNumber(`errorPages.${code}.status`, status, 200, 599)),
    ...(cacheSeconds === undefined
      ? []
      : wholeNumber(`errorPages.${code}.cacheSeconds`, cacheSeconds, 0, 31_536_000, "seconds")),
  ]);
}

function checkCountries({ countries = {} }: CdnArgs): Fault[] {
  const { only = [], except = [] } = countries;
  return [
    ...(only.length > 0 && except.length > 0
      ? [{ field: "countries", value: countries, allowed: "either only or except" }]
      : []),
    ...[...only, ...except]
      .filter((country) => !/^[A-Z]{2}$/.test(country))
      .map((value) => ({ field: "countries", value, allowed: "two capital letters, such as DE" })),
  ];
}
