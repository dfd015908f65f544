import type { Input } from "@pulumi/pulumi";
import type { AlarmArgs } from "../alarms.ts";
import type { Overrides } from "../overrides.ts";
import type { WafArgs } from "../waf/rules.ts";

/** How long an answer is kept at the edge. */
export const CdnCaching = {
  /** A day unless the origin says otherwise; the key is the path. For files. */
  files: "files",
  /** Only as long as the origin says; the key is host, path, query and cookies. For a load balancer. */
  originHeaders: "originHeaders",
  /** Each request reaches the origin, with everything that the viewer sent. For applications. */
  none: "none",
} as const;
export type CdnCaching = (typeof CdnCaching)[keyof typeof CdnCaching];

/** Where the edges are; fewer cost less for a GB. https://aws.amazon.com/cloudfront/pricing/ */
export const CdnReach = {
  everywhere: "PriceClass_All",
  /** Without South America, Australia and New Zealand. */
  most: "PriceClass_200",
  /** North America, Europe, Israel. */
  westernOnly: "PriceClass_100",
} as const;
export type CdnReach = (typeof CdnReach)[keyof typeof CdnReach];

/** A name that the site is reached by. */
export interface CdnDomainArgs {
  /**
   * Route 53 zone in which its records are made and its certificate is proven. Without one you make the records
   * yourself, and `certificateArn` is required.
   */
  zoneId?: Input<string>;
}

/** A private S3 bucket, such as an `ObjectStore`. Its policy must let `Cdn.distributionArn` read. */
export interface BucketOriginArgs {
  /** Regional name of the bucket, such as `site.s3.eu-west-1.amazonaws.com`. */
  domainName: Input<string>;
}

/** A load balancer in private subnets, reached inside the VPC by HTTPS. A `LoadBalancer` is one. */
export interface PrivateOriginArgs {
  /** ARN of the load balancer. */
  arn: Input<string>;
  /** Name of the load balancer. It is sent the viewer's host, which its certificate must name. */
  dnsName: Input<string>;
}

/** Anything else that speaks HTTPS with a certificate of its name. */
export interface CustomOriginArgs {
  /** Name that it is reached by and that its certificate names. */
  domainName: Input<string>;
  /** Default 443. */
  port?: number;
}

/** Where answers come from: exactly one of `bucket`, `loadBalancer` and `custom`. */
export interface CdnOriginArgs {
  /** A private S3 bucket, read with a signed request. */
  bucket?: BucketOriginArgs;
  /** A private load balancer, through a VPC origin. */
  loadBalancer?: PrivateOriginArgs;
  /** Another HTTPS server. */
  custom?: CustomOriginArgs;
  /** Put before the path of each request, such as `/v1`. Default none. */
  path?: string;
  /** Sent with each request, such as a secret by which the origin knows the CDN. Default none. */
  headers?: Record<string, Input<string>>;
  /** Seconds that an answer may take, 1 to 120. Default 30. Not for buckets. */
  readTimeoutSeconds?: number;
  /** Another origin, by name, that is asked when this one fails. Paths that lead here must not take writes. */
  failoverTo?: string;
  /** Answers that count as failure, of 400, 403, 404, 416, 429, 500, 502, 503, 504. Default 500, 502, 503, 504. */
  failoverStatusCodes?: number[];
}

/** What happens to requests of a path. */
export interface CdnPathArgs {
  /** Origin by its name in `origins`. */
  origin: string;
  /** Default `files` for a bucket, `none` for everything else. */
  caching?: CdnCaching;
  /** Lets POST, PUT, PATCH and DELETE through to the origin. Default false. */
  writes?: boolean;
  /** CloudFront function that sees each request first. Default none. */
  viewerRequestFunctionArn?: Input<string>;
}

/** What is shown instead of an origin's error. */
export interface CdnErrorPageArgs {
  /** Path of the page, such as `/404.html`. */
  page: string;
  /** Status that the viewer sees. Default the origin's. */
  status?: number;
  /** Seconds until the origin is asked again, 0 to 31,536,000. Default 10. */
  cacheSeconds?: number;
}

/**
 * Where a page may load things from, beside its own origin. Sources are hosts (`https://cdn.example.com`,
 * `*.example.com`), schemes (`data:`) or hashes (`sha256-…`).
 * https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy
 */
export interface ContentSecurityArgs {
  /** Scripts, module federation remotes among them. Default none beside the own origin. */
  scripts?: string[];
  /** Style sheets. Default none beside the own origin. */
  styles?: string[];
  /** Images. Default `data:` beside the own origin. */
  images?: string[];
  /** Fonts. Default none beside the own origin. */
  fonts?: string[];
  /** Requests of scripts: fetch, WebSocket, event streams. Default none beside the own origin. */
  connections?: string[];
  /** Audio and video. Default none beside the own origin. */
  media?: string[];
  /** Frames in the page. Default none at all. */
  frames?: string[];
  /** Workers. Default none beside the own origin. */
  workers?: string[];
  /** Pages that may frame this one. Default none at all. */
  frameAncestors?: string[];
  /** Where forms may be sent. Default none beside the own origin. */
  forms?: string[];
  /** Allows styles inside pages, which many component libraries need. Default false. */
  inlineStyles?: boolean;
  /** Allows scripts inside pages: it undoes most of the protection; hashes do not. Default false. */
  inlineScripts?: boolean;
  /** Allows WebAssembly. Default false. */
  webAssembly?: boolean;
  /** Only reports in the browser's console, to try a policy out. Default false. */
  reportOnly?: boolean;
}

/** Which other sites' scripts may read the answers. */
export interface CorsArgs {
  /** Origins such as `https://shell.example.com`, or `*` for public files. */
  origins: string[];
  /** Seconds that a browser remembers it. Default 600. */
  maxAgeSeconds?: number;
}

/** Headers that each answer gets. */
export interface CdnHeaderArgs {
  /** Content security policy. An origin's own is kept. Default: everything from the own origin only. */
  contentSecurity?: ContentSecurityArgs;
  /** Default none: other sites' scripts read nothing. */
  cors?: CorsArgs;
  /** Seconds that browsers insist on HTTPS, for subdomains too; 31,536,000 or more to be preloaded. Default 63,072,000. */
  hstsSeconds?: number;
  /** Lets browsers ship the domain in their HTTPS lists; it cannot be taken back soon. Default false. */
  hstsPreload?: boolean;
  /** Further headers. Default `permissions-policy` without camera, microphone, location and payment. */
  custom?: Record<string, string>;
}

/** Records of each request in a bucket of their own. */
export interface CdnLogArgs {
  /** Default true. */
  enabled?: boolean;
  /** Days that logs are kept, 1 to 3653. Default 365. */
  retentionDays?: number;
}

/** Countries by ISO 3166 code, such as `DE`: either kind. */
export interface CdnCountryArgs {
  /** Only these are answered. */
  only?: string[];
  /** These are not answered. */
  except?: string[];
}

/** Viewers prove themselves with a certificate. HTTP/3 is off then, since it has no such proof here. */
export interface ViewerCertificateArgs {
  /** CloudFront trust store of the authorities. */
  trustStoreId: Input<string>;
  /** Also answers viewers without a certificate; the origin decides. Default false. */
  optional?: boolean;
}

export interface CdnArgs {
  /** Account number: logs are taken from this account's distribution only. */
  accountId: string;
  /** Names that the site is reached by, such as `{ "www.example.com": { zoneId: zone.id } }`. At least one. */
  domains: Record<string, CdnDomainArgs>;
  /** ARN of an ACM certificate in us-east-1 for all domains. Default: one is made and proven in their zones. */
  certificateArn?: Input<string>;
  /** Where answers come from, by a name of your choice. */
  origins: Record<string, CdnOriginArgs>;
  /** What happens to requests that no pattern of `paths` matches. */
  defaultPath: CdnPathArgs;
  /** Path patterns such as `/api/*`. The more specific one wins, whatever the order. Default none. */
  paths?: Record<string, CdnPathArgs>;
  /** What `/` shows. Default `index.html` when the default path leads to a bucket, else the origin's own. */
  defaultRootObject?: string;
  /** Pages instead of an origin's errors, by status: 400, 403 to 405, 414, 416, 500 to 504. Default none. */
  errorPages?: Record<string, CdnErrorPageArgs>;
  headers?: CdnHeaderArgs;
  /** Default `CdnReach.everywhere`. */
  reach?: CdnReach;
  /** Default every country. */
  countries?: CdnCountryArgs;
  /** Default: no certificate is asked for. */
  viewerCertificates?: ViewerCertificateArgs;
  /** Default on. */
  waf?: WafArgs;
  logs?: CdnLogArgs;
  /** Topics must be of us-east-1, where CloudFront's metrics are. */
  alarms: AlarmArgs;
  /** On every resource, beside those of the provider. */
  tags?: Record<string, Input<string>>;
  /** Arguments laid over those of the children, by role. */
  overrides?: Overrides;
}
