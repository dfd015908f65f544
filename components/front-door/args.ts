import type { Input } from "@pulumi/pulumi";
import type { AzureAlarmArgs } from "../azure-alarms.ts";
import type { ContentSecurityArgs } from "../cdn/args.ts";
import type { Overrides } from "../overrides.ts";

/** What part of a resource a private link leads to. */
export const PrivateLinkPart = {
  /** Blobs of a storage account. */
  blob: "blob",
  /** An App Service or a function. */
  sites: "sites",
  /** An environment of Container Apps. */
  managedEnvironments: "managedEnvironments",
  /** A gateway of API Management. */
  gateway: "Gateway",
  /** A private link service of your own, such as that of an internal load balancer, which has no parts. */
  service: "service",
} as const;
export type PrivateLinkPart = (typeof PrivateLinkPart)[keyof typeof PrivateLinkPart];

/** What the firewall does with what it finds. */
export const WafMode = {
  /** Refuses it. */
  prevention: "Prevention",
  /** Only logs it, to try rules out. */
  detection: "Detection",
} as const;
export type WafMode = (typeof WafMode)[keyof typeof WafMode];

/** A public zone of Azure DNS. */
export interface DnsZoneReference {
  /** Name of the zone, such as example.com. */
  zoneName: string;
  /** Its resource group. */
  resourceGroupName: Input<string>;
  /** Its resource id. */
  id: Input<string>;
}

/** A name that the site is reached by, with a certificate that Azure keeps. */
export interface FrontDoorDomainArgs {
  /** Zone in which its records are made. Without one you make them yourself: see `validationTokens`. */
  zone?: DnsZoneReference;
}

/** A way to an origin inside Azure's network. It waits until the origin's owner approves it, once. */
export interface PrivateLinkArgs {
  /** Resource id of the storage account, app, environment or private link service. */
  resourceId: Input<string>;
  /** Region of the origin, such as westeurope. */
  location: Input<string>;
  /** Which part of the resource is reached. */
  part: PrivateLinkPart;
}

/** Where answers come from: by `privateLink`, or from an origin that `checksFrontDoorId`. */
export interface FrontDoorOriginArgs {
  /** Name that it is reached by and that its certificate names. */
  hostName: Input<string>;
  /** Host that the origin is told. Default `hostName`. */
  hostHeader?: Input<string>;
  /** Default: over the internet. */
  privateLink?: PrivateLinkArgs;
  /** The origin refuses requests whose header X-Azure-FDID is not `frontDoorId`. Default false. */
  checksFrontDoorId?: boolean;
  /** Put in place of the matched part of the path, such as `/files`. Default none. */
  path?: string;
  /** Another origin, by name, that is asked when this one fails; both by private link or neither. */
  failoverTo?: string;
  /** Path that tells whether it works; asked with `failoverTo` only. Default `/`. */
  probePath?: string;
}

/** What happens to requests of a path. */
export interface FrontDoorPathArgs {
  /** Origin by its name in `origins`. */
  origin: string;
  /** Keeps answers at the edge as long as the origin says, whatever the query. For files. Default false. */
  cache?: boolean;
}

/** The firewall. It cannot be left out. */
export interface FrontDoorWafArgs {
  /** Default `WafMode.prevention`. */
  mode?: WafMode;
  /** Requests that one address may make in five minutes, 10 to 1,000,000. Default 2000. */
  requestsPerFiveMinutes?: number;
  /** Countries by ISO 3166 code, such as `DE`; others are refused. Default all. */
  onlyCountries?: string[];
}

/** Headers that each answer gets, instead of the origin's. */
export interface FrontDoorHeaderArgs {
  /** Content security policy. Default: everything from the own origin only. */
  contentSecurity?: ContentSecurityArgs;
  /** Seconds that browsers insist on HTTPS, for subdomains too. Default 63,072,000. */
  hstsSeconds?: number;
  /** Further headers. Default `permissions-policy` without camera, microphone, location and payment. */
  custom?: Record<string, string>;
}

export interface FrontDoorArgs {
  /** Resource group that it belongs to. */
  resourceGroupName: Input<string>;
  /** Names that the site is reached by. Default: the name that Azure gives only. */
  domains?: Record<string, FrontDoorDomainArgs>;
  /** Where answers come from, by a name of your choice. */
  origins: Record<string, FrontDoorOriginArgs>;
  /** What happens to requests that no pattern of `paths` matches. */
  defaultPath: FrontDoorPathArgs;
  /** Path patterns such as `/api/*`; the most specific one wins. Default none. */
  paths?: Record<string, FrontDoorPathArgs>;
  /** What `/` shows. Default: the origin's own. */
  defaultRootObject?: string;
  headers?: FrontDoorHeaderArgs;
  waf?: FrontDoorWafArgs;
  /** Seconds that an answer may take, 16 to 240. Default 60. */
  originTimeoutSeconds?: number;
  /** Log Analytics workspace that takes the record of each request and of the firewall. */
  logWorkspaceId: Input<string>;
  alarms: AzureAlarmArgs;
  /** On every resource that has them. */
  tags?: Record<string, Input<string>>;
  /** Arguments laid over those of the children, by role. */
  overrides?: Overrides;
}
