import { isGiven } from "../../known.ts";
import { stackRule } from "../../rule.ts";
import { behaviorsOf } from "./behaviors.ts";

export const cdnHeaders = stackRule({
  id: "cdn-headers",
  title: "Distributions tell browsers to stay with HTTPS, and keep a log",
  severity: "medium",
  level: "mandatory",
  frameworks: ["CKV CKV2_AWS_32", "CKV CKV_AWS_259", "FSBP CloudFront.5"],
  remediation:
    "Give every behaviour a response headers policy with Strict-Transport-Security of a year or more, and deliver access logs (logging v2 or loggingConfig).",
  kinds: ["aws:cloudfront/Distribution", "aws:cloudfront/ResponseHeadersPolicy"],
  check(resource, { found, stack }) {
    const { kind, props } = resource;
    if (kind === "aws:cloudfront/ResponseHeadersPolicy") {
      const hsts = props.securityHeadersConfig?.strictTransportSecurity;
      if (!(Number(hsts?.accessControlMaxAgeSec ?? 0) >= 31_536_000)) {
        found("lets browsers come back by plain HTTP", "securityHeadersConfig.strictTransportSecurity");
      }
      return;
    }
    for (const [path, behavior] of behaviorsOf(props)) {
      if (isGiven(behavior, "responseHeadersPolicyId")) continue;
      const where = behavior?.pathPattern ? ` for ${behavior.pathPattern}` : "";
      found(`sends no security headers${where}`, `${path}.responseHeadersPolicyId`);
    }
    const delivers = stack.pointingAt(resource, "aws:cloudwatch/LogDeliverySource", "resourceArn").length > 0;
    if (!delivers && !isGiven(props.loggingConfig, "bucket")) found("keeps no access log", "loggingConfig");
  },
});
