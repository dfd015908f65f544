// Origins and failover groups of a distribution, as data.

import type { DistributionArgs } from "@pulumi/aws/cloudfront/distribution.js";
import type { Input } from "@pulumi/pulumi";
import type { CdnOriginArgs } from "./args.ts";

type ListOf<K extends keyof DistributionArgs> = Exclude<Extract<DistributionArgs[K], unknown[]>, undefined>;
type OriginGroups = ListOf<"originGroups">;
type Origins = ListOf<"origins">;

/** What the component makes beside the distribution for its origins. */
export interface OriginParts {
  /** Signs the requests to buckets. */
  originAccessControlId?: Input<string>;
  /** Origin name → VPC origin of a load balancer. */
  vpcOriginIds: Record<string, Input<string>>;
}

/** Answers that count as failure unless told otherwise. */
const FAILURES = [500, 502, 503, 504];

/** By name, so that their order in the arguments changes nothing. */
function byName(origins: Record<string, CdnOriginArgs>): [string, CdnOriginArgs][] {
  return Object.entries(origins).sort(([a], [b]) => (a < b ? -1 : 1));
}

export function planOrigins(origins: Record<string, CdnOriginArgs>, parts: OriginParts): Origins {
  return byName(origins).map(([originId, origin]) => {
    const { bucket, loadBalancer, custom, path, headers = {}, readTimeoutSeconds = 30 } = origin;
    const common = {
      originId,
      originPath: path ?? "",
      connectionAttempts: 3,
      connectionTimeout: 5,
      customHeaders: Object.entries(headers)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => ({ name, value })),
    };
    if (bucket) {
      return {
        ...common,
        domainName: bucket.domainName,
        originAccessControlId: parts.originAccessControlId!,
      };
    }
    if (loadBalancer) {
      return {
        ...common,
        domainName: loadBalancer.dnsName,
        vpcOriginConfig: {
          vpcOriginId: parts.vpcOriginIds[originId]!,
          originReadTimeout: readTimeoutSeconds,
          originKeepaliveTimeout: 60,
        },
      };
    }
    return {
      ...common,
      domainName: custom!.domainName,
      customOriginConfig: {
        originProtocolPolicy: "https-only",
        originSslProtocols: ["TLSv1.2"],
        httpPort: 80,
        httpsPort: custom!.port ?? 443,
        originReadTimeout: readTimeoutSeconds,
        originKeepaliveTimeout: 60,
      },
    };
  });
}

/** A group for each origin that has another to fall back to. */
export function planOriginGroups(origins: Record<string, CdnOriginArgs>): OriginGroups {
  return byName(origins)
    .filter(([, { failoverTo }]) => failoverTo !== undefined)
    .map(([name, { failoverTo, failoverStatusCodes = FAILURES }]) => ({
      originId: groupOf(name),
      failoverCriteria: { statusCodes: [...failoverStatusCodes].sort((a, b) => a - b) },
      members: [{ originId: name }, { originId: failoverTo! }],
    }));
}

/** What a path leads to: the origin, or its group. */
export function targetOf(name: string, origins: Record<string, CdnOriginArgs>): string {
  return origins[name]?.failoverTo === undefined ? name : groupOf(name);
}

function groupOf(name: string): string {
  return `${name}-with-failover`;
}
