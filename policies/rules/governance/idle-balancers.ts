import { isGiven } from "../../known.ts";
import { stackRule } from "../../rule.ts";

export const idleBalancers = stackRule({
  id: "cost-idle",
  title: "What costs by the hour has something to do",
  severity: "low",
  level: "advisory",
  frameworks: ["own"],
  remediation: "Remove the load balancer that has no listener and the address that nothing uses.",
  kinds: ["aws:lb/LoadBalancer", "aws:ec2/Eip"],
  check(resource, { found, stack }) {
    if (resource.kind === "aws:lb/LoadBalancer") {
      if (stack.pointingAt(resource, "aws:lb/Listener", "loadBalancerArn").length === 0)
        found("has no listener");
      return;
    }
    const { props } = resource;
    if (!stack.isUsed(resource) && !isGiven(props, "instance") && !isGiven(props, "networkInterface"))
      found("is used by nothing");
  },
});
