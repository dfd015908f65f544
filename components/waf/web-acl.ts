import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { WebAcl } from "@pulumi/aws/wafv2/webAcl.js";
import { WebAclLoggingConfiguration } from "@pulumi/aws/wafv2/webAclLoggingConfiguration.js";
import type { CustomResourceOptions, Input } from "@pulumi/pulumi";
import { DEFAULT_RETENTION_DAYS } from "../logs.ts";
import { type Overrides, override } from "../overrides.ts";
import { planRules, visibility, type WafArgs } from "./rules.ts";

/** Roles of these children for `overrides`. */
export const WAF_ROLES = ["webAcl", "wafLogGroup"] as const;

/**
 * A web ACL with its log. Request headers that carry credentials are left out of the log.
 *
 * @param scope CLOUDFRONT only with `region` us-east-1.
 */
export function makeWebAcl(
  scope: "REGIONAL" | "CLOUDFRONT",
  waf: WafArgs,
  context: {
    name: string;
    /** Default: the provider's. */
    region?: string;
    tags?: Record<string, Input<string>>;
    overrides?: Overrides;
  },
  options: CustomResourceOptions,
): WebAcl {
  const { name, tags, overrides } = context;
  const place = context.region === undefined ? {} : { region: context.region };
  const acl = new WebAcl(
    `${name}-waf`,
    override(overrides, "webAcl", {
      ...place,
      scope,
      description: `In front of ${name}`,
      defaultAction: { allow: {} },
      rules: planRules(waf),
      visibilityConfig: visibility(`${name}-waf`),
      tags,
    }),
    options,
  );
  const group = new LogGroup(
    `${name}-waf-logs`,
    override(overrides, "wafLogGroup", {
      ...place,
      // WAF writes only to groups whose names begin so.
      namePrefix: `aws-waf-logs-${name}-`,
      retentionInDays: waf.retentionDays ?? DEFAULT_RETENTION_DAYS,
      tags,
    }),
    options,
  );
  new WebAclLoggingConfiguration(
    `${name}-waf-logging`,
    {
      ...place,
      resourceArn: acl.arn,
      logDestinationConfigs: [group.arn],
      redactedFields: [{ singleHeader: { name: "authorization" } }, { singleHeader: { name: "cookie" } }],
    },
    options,
  );
  return acl;
}
