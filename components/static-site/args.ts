import type { Input } from "@pulumi/pulumi";
import type { AlarmArgs } from "../alarms.ts";
import type {
  BucketOriginArgs,
  CdnCountryArgs,
  CdnDomainArgs,
  CdnHeaderArgs,
  CdnLogArgs,
  CdnOriginArgs,
  CdnPathArgs,
  CdnReach,
} from "../cdn/args.ts";
import type { Overrides } from "../overrides.ts";
import type { WafArgs } from "../waf/rules.ts";

/** What a path that names no file shows. A file's name has a dot in it. */
export const SiteMode = {
  /** The index document of the folder: `/guide/` shows `/guide/index.html`, and `/guide` redirects to it. */
  pages: "pages",
  /** The one index document, whose script reads the path: a single-page application. */
  application: "application",
} as const;
export type SiteMode = (typeof SiteMode)[keyof typeof SiteMode];

export interface StaticSiteArgs {
  /** Account number: logs are taken from this account's bucket and distribution only. */
  accountId: string;
  /** Region of the bucket, such as eu-west-1. */
  region: string;
  /** Names that the site is reached by, such as `{ "www.example.com": { zoneId: zone.id } }`. At least one. */
  domains: Record<string, CdnDomainArgs>;
  /** ARN of an ACM certificate in us-east-1 for all domains. Default: one is made and proven in their zones. */
  certificateArn?: Input<string>;
  /** Default `SiteMode.pages`. */
  mode?: SiteMode;
  /** What a folder shows, or the whole application. Default `index.html`. */
  indexDocument?: string;
  /**
   * What a missing file shows, with status 404. Only without `origins`: CloudFront would show it for their errors
   * as well. Default `404.html` without `origins`, else none.
   */
  errorDocument?: string;
  /** Name of the bucket, unique in the world, without dots. Default: from the component's name. */
  bucketName?: string;
  /** A copy of the files in another region, which is read when S3 fails here. Its policy lets the site read. */
  failover?: BucketOriginArgs;
  /** Further origins beside the files, such as an API. Default none. */
  origins?: Record<string, CdnOriginArgs>;
  /** Patterns such as `/api/*` that lead to them. Default none. */
  paths?: Record<string, CdnPathArgs>;
  headers?: CdnHeaderArgs;
  /** Default `CdnReach.everywhere`. */
  reach?: CdnReach;
  /** Default every country. */
  countries?: CdnCountryArgs;
  /** Default on. */
  waf?: WafArgs;
  logs?: CdnLogArgs;
  /** Of what viewers see. Topics must be of us-east-1, where CloudFront's metrics are. */
  alarms: AlarmArgs;
  /** Pulumi refuses to delete the bucket. Switch off and deploy before a destroy. Default true. */
  deletionProtection?: boolean;
  /** On every resource, beside those of the provider. */
  tags?: Record<string, Input<string>>;
  /** Arguments laid over those of the parts, by role; each part has `overrides` of its own. */
  overrides?: Overrides;
}
