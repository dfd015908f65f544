import { Function as EdgeFunction } from "@pulumi/aws/cloudfront/function.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  deferredOutput,
  type Output,
} from "@pulumi/pulumi";
import { Cdn } from "../cdn/cdn.ts";
import { refuse } from "../faults.ts";
import type { Grant } from "../grants.ts";
import { ObjectStore } from "../object-store/object-store.ts";
import { override } from "../overrides.ts";
import { SiteMode, type StaticSiteArgs } from "./args.ts";
import { checkStaticSite } from "./check.ts";
import { planCdn, planStore } from "./parts-plan.ts";
import { requestFunction } from "./request-function.ts";

/** What a deployment of files may do. A field would be published to other languages. */
const deployGrants = new WeakMap<StaticSite, Grant>();

/**
 * A web site of files: a private bucket that only its own CloudFront distribution reads, with certificate, records,
 * firewall, security headers and logs. A path without a file's name shows a folder's index document, or the one
 * of a single-page application. Further origins share the domain, such as an API.
 *
 * ```ts
 * const site = new StaticSite("docs", {
 *   accountId: "111122223333",
 *   region: "eu-west-1",
 *   domains: { "docs.example.com": { zoneId: zone.id } },
 *   alarms: { choice: AlarmChoice.notify, topicArns: [topicInUsEast1.arn] },
 * });
 * ```
 *
 * A month: the firewall about 9 USD; the first TB and 10 million requests nothing, then about 0.085 USD a GB and 1
 * USD a million requests.
 */
export class StaticSite extends ComponentResource {
  readonly bucketName: Output<string>;
  readonly bucketArn: Output<string>;
  readonly distributionId: Output<string>;
  readonly distributionArn: Output<string>;
  /** Name to point DNS records at. */
  readonly domainName: Output<string>;

  constructor(name: string, args: StaticSiteArgs, opts?: ComponentResourceOptions) {
    super("roost-components:index:StaticSite", name, {}, opts);
    refuse("StaticSite", name, checkStaticSite(args));

    const { overrides } = args;
    const parent = this;
    // Each needs the other: the distribution the bucket's name, the bucket's policy the distribution's ARN.
    const [distributionArn, resolveDistributionArn] = deferredOutput<string>();
    const store = new ObjectStore(
      `${name}-files`,
      override(overrides, "store", planStore(args, distributionArn)),
      { parent },
    );
    const edgeFunction = makeRequestFunction();
    const cdn = new Cdn(
      `${name}-cdn`,
      override(
        overrides,
        "cdn",
        planCdn(args, { bucket: store, viewerRequestFunctionArn: edgeFunction.arn }),
      ),
      { parent },
    );
    resolveDistributionArn(cdn.distributionArn);

    deployGrants.set(this, planDeployGrant(name, store, cdn));
    this.bucketName = store.bucketName;
    this.bucketArn = store.bucketArn;
    this.distributionId = cdn.distributionId;
    this.distributionArn = cdn.distributionArn;
    this.domainName = cdn.domainName;
    this.registerOutputs({
      bucketName: this.bucketName,
      bucketArn: this.bucketArn,
      distributionId: this.distributionId,
      distributionArn: this.distributionArn,
      domainName: this.domainName,
    });

    function makeRequestFunction(): EdgeFunction {
      const mode = args.mode ?? SiteMode.pages;
      return new EdgeFunction(
        `${name}-requests`,
        override(overrides, "requestFunction", {
          comment: `Paths of ${name}`,
          runtime: "cloudfront-js-2.0",
          code: requestFunction(mode, args.indexDocument ?? "index.html"),
          publish: true,
        }),
        { parent },
      );
    }
  }

  /** To put the site's files in place, take old ones away and throw them out of the edges' caches. */
  get grantDeploy(): Grant {
    return deployGrants.get(this)!;
  }
}

function planDeployGrant(name: string, store: ObjectStore, cdn: Cdn): Grant {
  const grants = [store.grantRead, store.grantWrite, store.grantDelete, cdn.grantInvalidate];
  return { name: `${name}-deploy`, statements: grants.flatMap(({ statements = [] }) => statements) };
}
