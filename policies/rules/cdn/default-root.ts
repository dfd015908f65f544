import { stackRule } from "../../rule.ts";
import { list } from "../../values.ts";

export const cdnDefaultRoot = stackRule({
  id: "cdn-default-root",
  title: "The root of a distribution of files is a page, not a listing",
  severity: "high",
  level: "mandatory",
  frameworks: ["FSBP CloudFront.1"],
  remediation: "Set defaultRootObject, or rewrite the root in a viewer function.",
  kinds: ["aws:cloudfront/Distribution"],
  check({ props }, { found }) {
    const behavior = props.defaultCacheBehavior;
    const origin = list(props.origins).find(({ originId }) => originId === behavior?.targetOriginId);
    const isBucket = origin && !origin.customOriginConfig && !origin.vpcOriginConfig;
    const rewrites =
      list(behavior?.functionAssociations).length + list(behavior?.lambdaFunctionAssociations).length;
    if (isBucket && !props.defaultRootObject && rewrites === 0)
      found("has no page at its root", "defaultRootObject");
  },
});
