import { stackRule } from "../../rule.ts";
import { list } from "../../values.ts";

export const lbHttps = stackRule({
  id: "lb-https",
  title: "Load balancers answer plain HTTP with the way to HTTPS and nothing else",
  severity: "high",
  level: "mandatory",
  frameworks: ["FSBP ELB.1", "CT CT.ELB.PR.1", "CKV CKV2_AWS_20"],
  remediation:
    "Make the default action of each HTTP listener a redirect to HTTPS, and give it no rule that forwards.",
  kinds: ["aws:lb/Listener", "aws:lb/ListenerRule", "aws:elb/LoadBalancer"],
  check(resource, { found, stack }) {
    const { kind, props } = resource;
    if (kind === "aws:elb/LoadBalancer") {
      list(props.listeners).forEach(({ lbProtocol }, index) => {
        if (String(lbProtocol).toLowerCase() === "http")
          found("listens to plain HTTP", `listeners.${index}.lbProtocol`);
      });
      return;
    }
    const isPlain =
      kind === "aws:lb/Listener"
        ? props.protocol === "HTTP"
        : stack
            .targets(resource, "listenerArn", "aws:lb/Listener")
            .some((each) => each.props.protocol === "HTTP");
    if (!isPlain) return;
    const input = kind === "aws:lb/Listener" ? "defaultActions" : "actions";
    list(props[input]).forEach((action, index) => {
      const goesOn = action.type === "redirect" && (action.redirect?.protocol ?? "#{protocol}") === "HTTPS";
      if (!goesOn) found("answers plain HTTP without leading to HTTPS", `${input}.${index}`);
    });
  },
});
