// Cache behaviors of a distribution, as data.

import type { DistributionArgs } from "@pulumi/aws/cloudfront/distribution.js";
import type { Input } from "@pulumi/pulumi";
import { CdnCaching, type CdnOriginArgs, type CdnPathArgs } from "./args.ts";
import { targetOf } from "./origin-plan.ts";

type DefaultBehavior = Extract<DistributionArgs["defaultCacheBehavior"], { targetOriginId: unknown }>;

/**
 * Policies that AWS keeps; their ids are the same in every account.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
 */
export const MANAGED = {
  cachingOptimized: "658327ea-f89d-4fab-a63d-7e88639e58f6",
  cachingDisabled: "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
  originCacheHeaders: "4cc15a8a-d715-48a4-82b8-cc0b614638fe",
  allViewer: "216adef6-5c7f-47e4-b989-5492eafa07d3",
  allViewerExceptHost: "b689b0a8-53d0-40ab-baf2-68738e2966ac",
  hostOnly: "bf0718e1-ba1e-49d1-88b1-f726733018ae",
} as const;

const READS = ["GET", "HEAD", "OPTIONS"];
const ALL_METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

const CACHE_POLICY: Record<CdnCaching, string> = {
  files: MANAGED.cachingOptimized,
  originHeaders: MANAGED.originCacheHeaders,
  none: MANAGED.cachingDisabled,
};

/** Patterns in the order in which they are tried: exact ones, then by the length of what precedes a wildcard. */
export function orderPatterns(patterns: readonly string[]): string[] {
  const literal = (pattern: string) =>
    /[*?]/.test(pattern) ? pattern.search(/[*?]/) : Number.POSITIVE_INFINITY;
  const compare = (a: number, b: number) => (a === b ? 0 : b - a);
  return [...patterns].sort(
    (a, b) => compare(literal(a), literal(b)) || b.length - a.length || (a < b ? -1 : 1),
  );
}

export function planPath(
  args: CdnPathArgs,
  origins: Record<string, CdnOriginArgs>,
  responseHeadersPolicyId: Input<string>,
): DefaultBehavior {
  const origin = origins[args.origin]!;
  const caching = args.caching ?? (origin.bucket ? CdnCaching.files : CdnCaching.none);
  const originRequestPolicyId = requestPolicy(origin, caching);
  return {
    targetOriginId: targetOf(args.origin, origins),
    viewerProtocolPolicy: "redirect-to-https",
    allowedMethods: args.writes ? ALL_METHODS : READS,
    cachedMethods: ["GET", "HEAD"],
    compress: true,
    cachePolicyId: CACHE_POLICY[caching],
    ...(originRequestPolicyId && { originRequestPolicyId }),
    responseHeadersPolicyId,
    ...(args.viewerRequestFunctionArn && {
      functionAssociations: [{ eventType: "viewer-request", functionArn: args.viewerRequestFunctionArn }],
    }),
  };
}

/** What the origin is told of the viewer. A load balancer needs the host, since its certificate names it. */
function requestPolicy({ bucket, loadBalancer }: CdnOriginArgs, caching: CdnCaching): string | undefined {
  if (bucket) return undefined;
  if (caching === CdnCaching.files) return loadBalancer && MANAGED.hostOnly;
  return loadBalancer ? MANAGED.allViewer : MANAGED.allViewerExceptHost;
}
