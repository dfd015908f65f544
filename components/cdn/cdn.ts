import { Distribution, type DistributionArgs } from "@pulumi/aws/cloudfront/distribution.js";
import { OriginAccessControl } from "@pulumi/aws/cloudfront/originAccessControl.js";
import { ResponseHeadersPolicy } from "@pulumi/aws/cloudfront/responseHeadersPolicy.js";
import { VpcOrigin } from "@pulumi/aws/cloudfront/vpcOrigin.js";
import { ComponentResource, type ComponentResourceOptions, type Output, output } from "@pulumi/pulumi";
import { AlarmChoice, makeAlarms } from "../alarms.ts";
import { judged, refuse } from "../faults.ts";
import type { Grant } from "../grants.ts";
import { override } from "../overrides.ts";
import { checkCertificate } from "../regions.ts";
import { makeWebAcl } from "../waf/web-acl.ts";
import { makeAccessLogs } from "./access-logs.ts";
import { planCdnAlarms } from "./alarm-plan.ts";
import { type CdnArgs, CdnReach } from "./args.ts";
import { makeCertificate, makeRecords } from "./certificate.ts";
import { CLOUDFRONT_REGION, checkCdn, checkTopic } from "./check.ts";
import { planHeaders } from "./headers-plan.ts";
import { planOriginGroups, planOrigins } from "./origin-plan.ts";
import { orderPatterns, planPath } from "./path-plan.ts";

/** Names of the components, which grants are named after. A field would be published to other languages. */
const names = new WeakMap<Cdn, string>();

/**
 * CloudFront in front of private origins: buckets are read by signed requests only, load balancers are reached
 * inside the VPC, other servers by HTTPS. Certificate, DNS records, firewall, security headers and logs come
 * with it. What AWS keeps in us-east-1 is made there by the provider of the component, whatever its region.
 *
 * ```ts
 * const cdn = new Cdn("site", {
 *   accountId: "111122223333",
 *   domains: { "www.example.com": { zoneId: zone.id } },
 *   origins: { files: { bucket }, api: { loadBalancer: front } },
 *   defaultPath: { origin: "files" },
 *   paths: { "/api/*": { origin: "api", writes: true } },
 *   alarms: { choice: AlarmChoice.notify, topicArns: [topicInUsEast1.arn] },
 * });
 * ```
 *
 * A month: nothing for the distribution, the first TB and 10 million requests; then about 0.085 USD a GB and 1 USD
 * a million requests; the firewall about 9 USD and 0.60 for a million requests; logs by volume.
 */
export class Cdn extends ComponentResource {
  readonly distributionId: Output<string>;
  /** What a bucket's policy lets in: `aws:SourceArn` of the service cloudfront.amazonaws.com. */
  readonly distributionArn: Output<string>;
  /** Name to point DNS records at. */
  readonly domainName: Output<string>;
  /** Hosted zone of that name, for alias records. */
  readonly hostedZoneId: Output<string>;
  /** The certificate, once it is proven. */
  readonly certificateArn: Output<string>;

  constructor(name: string, args: CdnArgs, opts?: ComponentResourceOptions) {
    super("roost-components:index:Cdn", name, {}, opts);
    names.set(this, name);
    const certificate =
      args.certificateArn === undefined
        ? undefined
        : judged("Cdn", name, args.certificateArn, (arn) =>
            checkCertificate("certificateArn", arn, CLOUDFRONT_REGION),
          );
    const topics = (args.alarms?.topicArns ?? []).map((topic, at) =>
      judged("Cdn", name, topic, (arn) => checkTopic(`alarms.topicArns[${at}]`, arn)),
    );
    const judgedFaults = [certificate, ...topics].flatMap((judgement) => judgement?.faults ?? []);
    refuse("Cdn", name, [...checkCdn(args), ...judgedFaults]);

    const { overrides, tags } = args;
    const parent = this;
    const context = { name, parent, tags, overrides };
    const certificateArn = certificate?.value ?? makeCertificate(args.domains, context);
    const firewall =
      args.waf?.enabled === false
        ? undefined
        : makeWebAcl("CLOUDFRONT", args.waf ?? {}, { ...context, region: CLOUDFRONT_REGION }, { parent });
    const headersPolicy = makeHeadersPolicy();
    const origins = planOrigins(args.origins, {
      originAccessControlId: makeOriginAccess(),
      vpcOriginIds: makeVpcOrigins(),
    });
    const distribution = makeDistribution();
    makeRecords(
      args.domains,
      { domainName: distribution.domainName, zoneId: distribution.hostedZoneId },
      context,
    );
    if (args.logs?.enabled !== false) {
      const { accountId, logs = {} } = args;
      makeAccessLogs(logs, { ...context, accountId, distributionArn: distribution.arn });
    }
    makeAlarms(
      args.alarms.choice === AlarmChoice.none
        ? args.alarms
        : { ...args.alarms, topicArns: topics.map(({ value }) => value) },
      planCdnAlarms(name, { distributionId: distribution.id, certificateArn }),
      { ...context, region: CLOUDFRONT_REGION },
    );

    this.distributionId = distribution.id;
    this.distributionArn = distribution.arn;
    this.domainName = distribution.domainName;
    this.hostedZoneId = distribution.hostedZoneId;
    this.certificateArn = output(certificateArn);
    this.registerOutputs({
      distributionId: this.distributionId,
      distributionArn: this.distributionArn,
      domainName: this.domainName,
      hostedZoneId: this.hostedZoneId,
      certificateArn: this.certificateArn,
    });

    function makeHeadersPolicy(): ResponseHeadersPolicy {
      return new ResponseHeadersPolicy(
        `${name}-headers`,
        override(overrides, "headersPolicy", { comment: `Answers of ${name}`, ...planHeaders(args.headers) }),
        { parent },
      );
    }

    /** One signature for all buckets; each bucket's policy says whether it lets the distribution in. */
    function makeOriginAccess(): Output<string> | undefined {
      if (!Object.values(args.origins).some(({ bucket }) => bucket)) return undefined;
      return new OriginAccessControl(
        `${name}-origin-access`,
        override(overrides, "originAccessControl", {
          description: `Reads of ${name} from its buckets`,
          originAccessControlOriginType: "s3",
          signingBehavior: "always",
          signingProtocol: "sigv4",
        }),
        { parent },
      ).id;
    }

    function makeVpcOrigins(): Record<string, Output<string>> {
      const made = Object.entries(args.origins).flatMap(([key, { loadBalancer }]) => {
        if (!loadBalancer) return [];
        const origin = new VpcOrigin(
          `${name}-origin-${key}`,
          override(overrides, "vpcOrigin", {
            vpcOriginEndpointConfig: {
              name: `${name}-${key}`,
              arn: loadBalancer.arn,
              httpPort: 80,
              httpsPort: 443,
              originProtocolPolicy: "https-only",
              originSslProtocols: { items: ["TLSv1.2"], quantity: 1 },
            },
            tags,
          }),
          { parent },
        );
        return [[key, origin.id] as const];
      });
      return Object.fromEntries(made);
    }

    function makeDistribution(): Distribution {
      const { paths = {}, viewerCertificates } = args;
      const isFiles = args.origins[args.defaultPath.origin]?.bucket !== undefined;
      const rootObject = args.defaultRootObject ?? (isFiles ? "index.html" : undefined);
      return new Distribution(
        `${name}-distribution`,
        override(overrides, "distribution", {
          enabled: true,
          comment: name,
          aliases: Object.keys(args.domains).sort(),
          httpVersion: viewerCertificates ? "http2" : "http2and3",
          isIpv6Enabled: true,
          priceClass: args.reach ?? CdnReach.everywhere,
          ...(rootObject !== undefined && { defaultRootObject: rootObject }),
          origins,
          originGroups: planOriginGroups(args.origins),
          defaultCacheBehavior: planPath(args.defaultPath, args.origins, headersPolicy.id),
          orderedCacheBehaviors: orderPatterns(Object.keys(paths)).map((pathPattern) => ({
            pathPattern,
            ...planPath(paths[pathPattern]!, args.origins, headersPolicy.id),
          })),
          customErrorResponses: planErrorPages(args),
          viewerCertificate: {
            acmCertificateArn: certificateArn,
            minimumProtocolVersion: "TLSv1.2_2025",
            sslSupportMethod: "sni-only",
          },
          ...(viewerCertificates && {
            viewerMtlsConfig: {
              mode: viewerCertificates.optional ? "optional" : "required",
              trustStoreConfig: { trustStoreId: viewerCertificates.trustStoreId },
            },
          }),
          restrictions: { geoRestriction: planCountries(args) },
          ...(firewall && { webAclId: firewall.arn }),
          tags: { ...tags, Name: name },
        } satisfies DistributionArgs),
        { parent },
      );
    }
  }

  /** Lets a deployment throw files out of the edges' caches. */
  get grantInvalidate(): Grant {
    return {
      name: `${names.get(this)}-invalidate`,
      statements: [
        {
          actions: ["cloudfront:CreateInvalidation", "cloudfront:GetInvalidation"],
          resources: [this.distributionArn],
        },
      ],
    };
  }
}

function planErrorPages({ errorPages = {} }: CdnArgs) {
  return Object.entries(errorPages)
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([code, { page, status = Number(code), cacheSeconds = 10 }]) => ({
      errorCode: Number(code),
      responseCode: status,
      responsePagePath: page,
      errorCachingMinTtl: cacheSeconds,
    }));
}

function planCountries({ countries: { only = [], except = [] } = {} }: CdnArgs) {
  if (only.length > 0) return { restrictionType: "whitelist", locations: [...only].sort() };
  if (except.length > 0) return { restrictionType: "blacklist", locations: [...except].sort() };
  return { restrictionType: "none", locations: [] };
}
