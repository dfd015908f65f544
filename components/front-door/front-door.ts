import { AFDEndpoint } from "@pulumi/azure-native/cdn/afdendpoint.js";
import { AFDOrigin } from "@pulumi/azure-native/cdn/afdorigin.js";
import { AFDOriginGroup } from "@pulumi/azure-native/cdn/afdoriginGroup.js";
import { Profile } from "@pulumi/azure-native/cdn/profile.js";
import { Route } from "@pulumi/azure-native/cdn/route.js";
import { Rule } from "@pulumi/azure-native/cdn/rule.js";
import { RuleSet } from "@pulumi/azure-native/cdn/ruleSet.js";
import { SecurityPolicy } from "@pulumi/azure-native/cdn/securityPolicy.js";
import { Policy } from "@pulumi/azure-native/frontdoor/policy.js";
import { DiagnosticSetting } from "@pulumi/azure-native/monitor/diagnosticSetting.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Output,
  output,
  type Resource,
} from "@pulumi/pulumi";
import { makeAzureAlarms } from "../azure-alarms.ts";
import { refuse } from "../faults.ts";
import { override } from "../overrides.ts";
import { planFrontDoorAlarms } from "./alarm-plan.ts";
import { type FrontDoorArgs, type FrontDoorPathArgs, PrivateLinkPart } from "./args.ts";
import { checkFrontDoor, routeKey } from "./check.ts";
import { type MadeDomain, makeDomain } from "./domains.ts";
import { planRules } from "./rule-plan.ts";
import { planWaf } from "./waf-plan.ts";

const PREMIUM = { name: "Premium_AzureFrontDoor" };

/** Types that are worth compressing; Azure has no default. */
const COMPRESSED = [
  "application/javascript",
  "application/json",
  "application/manifest+json",
  "application/wasm",
  "application/xml",
  "font/otf",
  "font/ttf",
  "image/svg+xml",
  "text/css",
  "text/html",
  "text/javascript",
  "text/plain",
  "text/xml",
];

/**
 * Azure Front Door Premium in front of origins that only it reaches: by private link, or because they check its
 * id. Managed certificates and records for each domain, a firewall that prevents, security headers, and a record
 * of each request come with it.
 *
 * ```ts
 * const front = new FrontDoor("site", {
 *   resourceGroupName: group.name,
 *   domains: { "www.example.com": { zone } },
 *   origins: {
 *     files: {
 *       hostName: modules.hostName,
 *       path: "/files",
 *       privateLink: { resourceId: modules.accountId, location: modules.location, part: PrivateLinkPart.blob },
 *     },
 *   },
 *   defaultPath: { origin: "files", cache: true },
 *   defaultRootObject: "index.html",
 *   logWorkspaceId: workspace.id,
 *   alarms: { choice: AlarmChoice.notify, actionGroupIds: [onCall.id] },
 * });
 * ```
 *
 * A month: 330 USD, firewall and private links included; about 0.08 USD a GB and 0.015 for 10,000 requests.
 */
export class FrontDoor extends ComponentResource {
  /** What origins must find in the header X-Azure-FDID. */
  readonly frontDoorId: Output<string>;
  /** Resource id of the profile. */
  readonly profileId: Output<string>;
  /** Name that Azure gives, to point DNS records at. */
  readonly hostName: Output<string>;
  /** Domain → text of the TXT record `_dnsauth.DOMAIN` that proves it. */
  readonly validationTokens: Output<Record<string, string>>;

  constructor(name: string, args: FrontDoorArgs, opts?: ComponentResourceOptions) {
    super("roost-components:index:FrontDoor", name, {}, opts);
    refuse("FrontDoor", name, checkFrontDoor(args));

    const { overrides, tags, resourceGroupName } = args;
    const parent = this;
    const letters = name.replace(/[^A-Za-z0-9]/g, "");
    const profile = makeProfile();
    const ofProfile = { resourceGroupName, profileName: profile.name };
    const endpoint = makeEndpoint();
    const domains = makeDomains();
    const firewall = makeFirewall();
    const { ruleSet, rules } = makeRules();
    const groups = Object.fromEntries(
      Object.keys(args.origins)
        .sort()
        .map((key) => [key, makeGroup(key)]),
    );
    makeRoute("default-route", "/*", args.defaultPath);
    for (const [pattern, path] of Object.entries(args.paths ?? {})) {
      makeRoute(`route-${routeKey(pattern)}`, pattern, path);
    }
    makeDiagnostics();
    makeAzureAlarms(args.alarms, planFrontDoorAlarms(name), {
      name,
      parent,
      resourceGroupName,
      resourceId: profile.id,
      tags,
      overrides,
    });

    this.frontDoorId = profile.frontDoorId;
    this.profileId = profile.id;
    this.hostName = endpoint.hostName;
    this.validationTokens = output(
      Object.fromEntries(
        Object.entries(domains).map(([domain, { validationToken }]) => [domain, validationToken]),
      ),
    );
    this.registerOutputs({
      frontDoorId: this.frontDoorId,
      profileId: this.profileId,
      hostName: this.hostName,
      validationTokens: this.validationTokens,
    });

    function makeProfile(): Profile {
      return new Profile(
        `${name}-profile`,
        override(overrides, "profile", {
          resourceGroupName,
          location: "Global",
          sku: PREMIUM,
          originResponseTimeoutSeconds: args.originTimeoutSeconds ?? 60,
          tags,
        }),
        { parent },
      );
    }

    function makeEndpoint(): AFDEndpoint {
      return new AFDEndpoint(
        `${name}-endpoint`,
        override(overrides, "endpoint", {
          ...ofProfile,
          location: "Global",
          enabledState: "Enabled",
          // The name is not given to another tenant when this one is gone.
          autoGeneratedDomainNameLabelScope: "TenantReuse",
          tags,
        }),
        { parent },
      );
    }

    function makeDomains(): Record<string, MadeDomain> {
      const context = { name, parent, ...ofProfile, endpoint, overrides };
      return Object.fromEntries(
        Object.entries(args.domains ?? {})
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([domain, settings]) => [domain, makeDomain(domain, settings, context)]),
      );
    }

    /** Before everything that is reached: Azure's own name has it, and each domain. */
    function makeFirewall(): SecurityPolicy {
      const policy = new Policy(
        `${name}-firewall`,
        override(overrides, "firewall", {
          resourceGroupName,
          location: "Global",
          policyName: `${letters}firewall`,
          sku: PREMIUM,
          ...planWaf(args.waf),
          tags,
        }),
        { parent },
      );
      const guarded = [endpoint.id, ...Object.values(domains).map(({ id }) => id)];
      return new SecurityPolicy(
        `${name}-security`,
        override(overrides, "securityPolicy", {
          ...ofProfile,
          parameters: {
            type: "WebApplicationFirewall" as const,
            wafPolicy: { id: policy.id },
            associations: [{ domains: guarded.map((id) => ({ id })), patternsToMatch: ["/*"] }],
          },
        }),
        { parent },
      );
    }

    function makeRules(): { ruleSet: RuleSet; rules: Rule[] } {
      const set = new RuleSet(`${name}-rules`, { ...ofProfile, ruleSetName: `${letters}rules` }, { parent });
      const made = planRules(args).map(
        ({ key, ...rule }) =>
          new Rule(
            `${name}-rule-${key}`,
            override(overrides, "rule", {
              ...ofProfile,
              ruleSetName: set.name,
              ruleName: key,
              matchProcessingBehavior: "Continue",
              ...rule,
            }),
            { parent },
          ),
      );
      return { ruleSet: set, rules: made };
    }

    /** A group is an origin and what stands in for it. A lone origin is not probed: there is nothing to choose. */
    function makeGroup(key: string): { group: AFDOriginGroup; origins: Resource[] } {
      const { failoverTo, probePath = "/" } = args.origins[key]!;
      const group = new AFDOriginGroup(
        `${name}-group-${key}`,
        override(overrides, "originGroup", {
          ...ofProfile,
          loadBalancingSettings: {
            sampleSize: 4,
            successfulSamplesRequired: 3,
            additionalLatencyInMilliseconds: 50,
          },
          sessionAffinityState: "Disabled",
          ...(failoverTo !== undefined && {
            healthProbeSettings: {
              probePath,
              probeProtocol: "Https" as const,
              probeRequestType: "HEAD" as const,
              probeIntervalInSeconds: 30,
            },
          }),
        }),
        { parent },
      );
      const members = [key, ...(failoverTo === undefined ? [] : [failoverTo])];
      return { group, origins: members.map((member, at) => makeOrigin(key, group, member, at + 1)) };
    }

    function makeOrigin(groupKey: string, group: AFDOriginGroup, key: string, priority: number): AFDOrigin {
      const { hostName, hostHeader, privateLink } = args.origins[key]!;
      return new AFDOrigin(
        `${name}-group-${groupKey}-${key}`,
        override(overrides, "origin", {
          ...ofProfile,
          originGroupName: group.name,
          hostName,
          originHostHeader: hostHeader ?? hostName,
          httpPort: 80,
          httpsPort: 443,
          priority,
          weight: 1000,
          enabledState: "Enabled",
          enforceCertificateNameCheck: true,
          ...(privateLink && {
            sharedPrivateLinkResource: {
              privateLink: { id: privateLink.resourceId },
              privateLinkLocation: privateLink.location,
              requestMessage: `Front door ${name}`,
              ...(privateLink.part !== PrivateLinkPart.service && { groupId: privateLink.part }),
            },
          }),
        }),
        { parent },
      );
    }

    function makeRoute(key: string, pattern: string, { origin, cache = false }: FrontDoorPathArgs): void {
      const { group, origins } = groups[origin]!;
      const path = args.origins[origin]?.path;
      const customDomains = Object.values(domains).map(({ id }) => ({ id }));
      new Route(
        `${name}-${key}`,
        override(overrides, "route", {
          ...ofProfile,
          endpointName: endpoint.name,
          originGroup: { id: group.id },
          patternsToMatch: [pattern],
          supportedProtocols: ["Http", "Https"],
          httpsRedirect: "Enabled",
          forwardingProtocol: "HttpsOnly",
          customDomains,
          linkToDefaultDomain: customDomains.length > 0 ? "Disabled" : "Enabled",
          ruleSets: [{ id: ruleSet.id }],
          enabledState: "Enabled",
          ...(path !== undefined && { originPath: path }),
          ...(cache && {
            cacheConfiguration: {
              queryStringCachingBehavior: "IgnoreQueryString",
              compressionSettings: { isCompressionEnabled: true, contentTypesToCompress: COMPRESSED },
            },
          }),
        }),
        // Azure refuses a route to an empty group; and nothing is reached before the firewall is there.
        { parent, dependsOn: [...origins, ...rules, firewall] },
      );
    }

    function makeDiagnostics(): void {
      new DiagnosticSetting(
        `${name}-diagnostics`,
        override(overrides, "diagnostics", {
          resourceUri: profile.id,
          workspaceId: args.logWorkspaceId,
          logs: [{ categoryGroup: "allLogs", enabled: true }],
          metrics: [{ category: "AllMetrics", enabled: true }],
        }),
        { parent },
      );
    }
  }
}
