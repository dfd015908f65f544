import { z } from "zod";
import { isGiven } from "../../known.ts";
import type { Props, Resource } from "../../rule.ts";
import { stackRule } from "../../rule.ts";
import type { Stack } from "../../stack.ts";
import { isOff, list } from "../../values.ts";

interface Opening {
  direction: "in" | "out";
  /** Every address that it is open to. */
  sources: string[];
  from: number;
  to: number;
  protocol: string;
  description?: string;
  path: string;
}

const anywhere = new Set(["0.0.0.0/0", "::/0"]);

export const securityGroups = stackRule({
  id: "security-groups",
  title: "Only load balancers are open to the world, at the ports of HTTP, and no group lets everything out",
  severity: "high",
  level: "mandatory",
  frameworks: [
    "FSBP EC2.13",
    "FSBP EC2.14",
    "FSBP EC2.18",
    "FSBP EC2.19",
    "CIS-AWS 6.3",
    "CIS-AWS 6.4",
    "CKV CKV_AWS_23",
    "CKV CKV_AWS_382",
  ],
  remediation:
    "Name the security group or the network that may come in, describe each rule, and name the ports that may go out.",
  kinds: [
    "aws:ec2/SecurityGroup",
    "aws:ec2/SecurityGroupRule",
    "aws:vpc/SecurityGroupIngressRule",
    "aws:vpc/SecurityGroupEgressRule",
  ],
  config: z.object({
    publicPorts: z
      .array(z.number())
      .default([80, 443])
      .describe("Ports that load balancers may open to all."),
  }),
  check(resource, { found, stack, config }) {
    const isGroup = resource.kind === "aws:ec2/SecurityGroup";
    if (isGroup && !resource.props.description) found("is not described", "description");
    for (const opening of openingsOf(resource)) {
      const { direction, sources, from, to, protocol, description, path } = opening;
      if (!description) found("has a rule that is not described", `${path}description`);
      if (!sources.some((each) => anywhere.has(each))) continue;
      const isAll = protocol === "-1" || protocol === "all";
      if (direction === "out") {
        const isEverything = isAll || (from <= 0 && to >= 65535);
        if (isEverything && !isRouter(resource, stack)) found("lets everything out", `${path}cidrBlocks`);
        continue;
      }
      const ports = isAll ? "all ports" : from === to ? `port ${from}` : `ports ${from} to ${to}`;
      const isHttp = !isAll && from === to && config.publicPorts.includes(from);
      if (!isHttp) found(`opens ${ports} to the world`, `${path}cidrBlocks`);
      else if (!isFront(resource, stack))
        found(`opens ${ports} to the world and is no load balancer's`, `${path}cidrBlocks`);
    }
  },
});

/** The openings of a group with inline rules, and of each kind of rule by itself. */
function openingsOf({ kind, props }: Resource): Opening[] {
  if (kind === "aws:ec2/SecurityGroup") {
    return (["ingress", "egress"] as const).flatMap((name) =>
      list(props[name]).map((rule, n) => opening(rule, name === "ingress" ? "in" : "out", `${name}.${n}.`)),
    );
  }
  if (kind === "aws:ec2/SecurityGroupRule")
    return [opening(props, props.type === "egress" ? "out" : "in", "")];
  const direction = kind === "aws:vpc/SecurityGroupIngressRule" ? "in" : "out";
  return [
    {
      ...opening(props, direction, ""),
      sources: [props.cidrIpv4, props.cidrIpv6].filter((each) => each !== undefined),
      protocol: String(props.ipProtocol),
    },
  ];
}

function opening(rule: Props, direction: Opening["direction"], path: string): Opening {
  return {
    direction,
    sources: [...list(rule.cidrBlocks), ...list(rule.ipv6CidrBlocks)].map(String),
    from: Number(rule.fromPort ?? 0),
    to: Number(rule.toPort ?? 65535),
    protocol: String(rule.protocol),
    description: isGiven(rule, "description") ? rule.description : undefined,
    path,
  };
}

/** The group of a rule, or the group itself. */
function groupsOf(resource: Resource, stack: Stack): Resource[] {
  return resource.kind === "aws:ec2/SecurityGroup"
    ? [resource]
    : stack.targets(resource, "securityGroupId", "aws:ec2/SecurityGroup");
}

/** Of a machine that passes on what others send, as a NAT instance does: what they may say is their groups' business. */
function isRouter(resource: Resource, stack: Stack): boolean {
  return groupsOf(resource, stack).some((group) =>
    [
      ...stack.pointingAt(group, "aws:ec2/NetworkInterface", "securityGroups"),
      ...stack.pointingAt(group, "aws:ec2/Instance", "vpcSecurityGroupIds"),
    ].some(({ props }) => isOff(props.sourceDestCheck)),
  );
}

/** Of a load balancer. */
function isFront(resource: Resource, stack: Stack): boolean {
  return groupsOf(resource, stack).some((group) =>
    ["aws:lb/LoadBalancer", "aws:elb/LoadBalancer"].some(
      (kind) => stack.pointingAt(group, kind, "securityGroups").length > 0,
    ),
  );
}
