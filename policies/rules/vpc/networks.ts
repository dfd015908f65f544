import { stackRule } from "../../rule.ts";
import { isOn, list } from "../../values.ts";

export const vpcNetworks = stackRule({
  id: "vpc-networks",
  title:
    "Networks keep flow logs, their default group opens nothing, and addresses are private unless asked for",
  severity: "medium",
  level: "mandatory",
  frameworks: ["FSBP EC2.2", "FSBP EC2.6", "FSBP EC2.15", "CIS-AWS 4.7", "CIS-AWS 6.5", "CT CT.EC2.PR.11"],
  remediation:
    "Add a FlowLog and an empty DefaultSecurityGroup for the VPC, and leave mapPublicIpOnLaunch off in its subnets.",
  kinds: ["aws:ec2/Vpc", "aws:ec2/Subnet", "aws:ec2/DefaultSecurityGroup"],
  check(resource, { found, stack }) {
    const { kind, props } = resource;
    if (kind === "aws:ec2/Subnet") {
      if (isOn(props.mapPublicIpOnLaunch))
        found("gives public addresses to all in it", "mapPublicIpOnLaunch");
      return;
    }
    if (kind === "aws:ec2/DefaultSecurityGroup") {
      for (const input of ["ingress", "egress"])
        if (list(props[input]).length > 0) found("is open by default", input);
      return;
    }
    if (stack.pointingAt(resource, "aws:ec2/FlowLog", "vpcId").length === 0) found("keeps no flow log");
    if (stack.pointingAt(resource, "aws:ec2/DefaultSecurityGroup", "vpcId").length === 0) {
      found("leaves its default group open");
    }
  },
});
