import type { Input } from "@pulumi/pulumi";
import type { AlarmArgs } from "../alarms.ts";
import type { NetworkReference } from "../network/args.ts";
import type { Overrides } from "../overrides.ts";
import type { WafArgs } from "../waf/rules.ts";

/** Who can reach it. There is no default: to be public is a decision. */
export const Exposure = {
  /** The internet; in the network's public subnets. */
  public: "public",
  /** The network; in its private subnets. */
  internal: "internal",
} as const;
export type Exposure = (typeof Exposure)[keyof typeof Exposure];

/**
 * What clients may speak.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
 */
export const TlsPolicy = {
  /** TLS 1.3, and 1.2 with forward secrecy: every browser since 2014. */
  modern: "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
  /** TLS 1.3 only. */
  strict: "ELBSecurityPolicy-TLS13-1-3-2021-06",
} as const;
export type TlsPolicy = (typeof TlsPolicy)[keyof typeof TlsPolicy];

/** Who may connect. What is given replaces the default; several kinds add up. */
export interface IngressArgs {
  /** IPv4 ranges. */
  cidrs?: string[];
  /** IPv6 ranges. */
  ipv6Cidrs?: string[];
  /** Managed prefix lists by a name of your choice, such as the one of CloudFront's origin addresses. */
  prefixListIds?: Record<string, Input<string>>;
  /** Security groups by a name of your choice. */
  securityGroupIds?: Record<string, Input<string>>;
}

/** Logs of each request and of each connection, in a bucket of their own. */
export interface LoadBalancerLogArgs {
  /** Default true. */
  enabled?: boolean;
  /** Days that logs are kept. Default 365. */
  retentionDays?: number;
}

/** What a service needs to put itself behind a load balancer. A `LoadBalancer` is one; so is an object of ids. */
export interface LoadBalancerReference {
  /** Listener that routes are added to. */
  listenerArn: Input<string>;
  /** Listener that sees a new version before users do; needed for blue/green, canary and linear with tests. */
  testListenerArn?: Input<string>;
  /** Security group that the traffic to services comes from. */
  securityGroupId: Input<string>;
  /** Last part of the ARN, as CloudWatch names it; needed to scale by requests and for alarms. */
  arnSuffix: Input<string>;
}

export interface LoadBalancerArgs {
  network: NetworkReference;
  exposure: Exposure;
  /** Account number: logs are taken from this account's load balancers only. */
  accountId: string;
  /** Region in which this is made, such as eu-west-1. */
  region: string;
  /** ARN of the ACM certificate of this region that is shown by default. */
  certificateArn: Input<string>;
  /** Further certificates by a name of your choice; the client's server name chooses. */
  moreCertificateArns?: Record<string, Input<string>>;
  /** Default `TlsPolicy.modern`. */
  tlsPolicy?: TlsPolicy;
  /** Default: everybody for `public`, the network for `internal`. */
  ingress?: IngressArgs;
  /** Answers by IPv6 as well; the network must have it. Default false. */
  dualStack?: boolean;
  /** Adds a listener on this port for test traffic of new versions, reached from the network only. Default none. */
  testPort?: number;
  /** Seconds of silence after which a connection is closed, 1 to 4000. Default 60. */
  idleTimeoutSeconds?: number;
  /** Refuses deletion. Switch off and deploy before a destroy. Default true. */
  deletionProtection?: boolean;
  waf?: WafArgs;
  logs?: LoadBalancerLogArgs;
  alarms: AlarmArgs;
  /** On every resource, beside those of the provider. */
  tags?: Record<string, Input<string>>;
  /** Arguments laid over those of the children, by role. */
  overrides?: Overrides;
}
