import { CLOUDFRONT_REGION, checkCdn, checkTopic } from "../cdn/check.ts";
import { type Fault, oneOf } from "../faults.ts";
import { checkObjectStore } from "../object-store/check.ts";
import { unknownRoles } from "../overrides.ts";
import { checkCertificate } from "../regions.ts";
import { SiteMode, type StaticSiteArgs } from "./args.ts";
import { OWN_ORIGINS, planCdn, planStore } from "./parts-plan.ts";

/** Roles of the parts, for `overrides`. */
export const STATIC_SITE_ROLES = ["store", "cdn", "requestFunction"] as const;

/** Everything that is wrong with a site's arguments, its parts' faults among them. */
export function checkStaticSite(args: StaticSiteArgs): Fault[] {
  const { mode, errorDocument, origins = {} } = args;
  const given = { bucket: { domainName: "" }, viewerRequestFunctionArn: "" };
  const parts = [...checkObjectStore(planStore(args, "")), ...checkCdn(planCdn(args, given))];
  const taken = OWN_ORIGINS.filter((name) => name in origins);
  return unique([
    ...unknownRoles(args.overrides, STATIC_SITE_ROLES),
    ...(mode === undefined ? [] : oneOf("mode", mode, SiteMode)),
    ...checkDocument("indexDocument", args.indexDocument),
    ...checkDocument("errorDocument", errorDocument),
    ...(errorDocument !== undefined && Object.keys(origins).length > 0
      ? [{ field: "errorDocument", value: errorDocument, allowed: "nothing beside origins" }]
      : []),
    ...taken.map((name) => ({
      field: `origins.${name}`,
      value: name,
      allowed: `another name than ${OWN_ORIGINS.join(" and ")}`,
    })),
    ...checkKnown(args),
    ...parts,
  ]);
}

/**
 * Known ARNs are judged here and not only by the CDN: by then the bucket waits for the distribution, and would
 * wait for good.
 */
function checkKnown({ certificateArn, alarms }: StaticSiteArgs): Fault[] {
  return [
    ...(typeof certificateArn === "string"
      ? checkCertificate("certificateArn", certificateArn, CLOUDFRONT_REGION)
      : []),
    ...(alarms?.topicArns ?? []).flatMap((topic, at) =>
      typeof topic === "string" ? checkTopic(`alarms.topicArns[${at}]`, topic) : [],
    ),
  ];
}

function checkDocument(field: string, document: string | undefined): Fault[] {
  return document === undefined || /^[A-Za-z0-9_-][A-Za-z0-9_./-]*\.[A-Za-z0-9]+$/.test(document)
    ? []
    : [{ field, value: document, allowed: "a file's name such as index.html, without a slash before it" }];
}

/** Both parts check the account, for one. */
function unique(faults: readonly Fault[]): Fault[] {
  return [...new Map(faults.map((fault) => [`${fault.field} ${fault.allowed}`, fault])).values()];
}
