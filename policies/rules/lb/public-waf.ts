import { isGiven } from "../../known.ts";
import { stackRule } from "../../rule.ts";
import { isOff, isOn } from "../../values.ts";

export const publicWaf = stackRule({
  id: "public-waf",
  title: "A firewall stands before what the world can reach by HTTP",
  severity: "high",
  level: "mandatory",
  frameworks: ["FSBP ELB.16", "FSBP CloudFront.6", "CKV CKV2_AWS_28", "CKV CKV_AWS_68"],
  remediation:
    "Associate a web ACL with the load balancer, give the distribution a webAclId, or make the load balancer internal.",
  kinds: ["aws:lb/LoadBalancer", "aws:cloudfront/Distribution"],
  check(front, { found, stack }) {
    const { kind, props } = front;
    if (kind === "aws:cloudfront/Distribution") {
      // A reference is one, known or not.
      const isNamed = front.references.webAclId !== undefined || props.webAclId !== "";
      const hasAcl = isGiven(props, "webAclId") && isNamed;
      if (!isOff(props.enabled) && !hasAcl) {
        found("is reached by the world without a firewall", "webAclId");
      }
      return;
    }
    if (isOn(props.internal) || (props.loadBalancerType ?? "application") !== "application") return;
    if (stack.pointingAt(front, "aws:wafv2/WebAclAssociation", "resourceArn").length === 0) {
      found("is reached by the world without a firewall");
    }
  },
});
