import { z } from "zod";
import type { Resource } from "../../rule.ts";
import { stackRule } from "../../rule.ts";
import type { Stack } from "../../stack.ts";
import { isOff, list } from "../../values.ts";
import { isWorld, type Opening, opening, openingsOf } from "./openings.ts";

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
  kinds: opening,
  config: z.object({
    publicPorts: z
      .array(z.number())
      .default([80, 443])
      .describe("Ports that load balancers may open to all."),
  }),
  check(resource, { found, stack, config }) {
    const isGroup = resource.kind === "aws:ec2/SecurityGroup";
    if (isGroup && !resource.props.description) found("is not described", "description");
    for (const each of openingsOf(resource)) {
      const { direction, isAll, from, to, description, path } = each;
      if (!description) found("has a rule that is not described", `${path}description`);
      if (!networksOf(each, resource, stack).some(isWorld)) continue;
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

/** The networks of an opening, also those in lists of this stack that it names. */
function networksOf({ sources, lists }: Opening, resource: Resource, stack: Stack): string[] {
  if (lists === undefined) return sources;
  const named = stack.targets(resource, lists, "aws:ec2/ManagedPrefixList");
  const listed = named.flatMap((each) => [
    ...list(each.props.entries),
    ...stack.pointingAt(each, "aws:ec2/ManagedPrefixListEntry", "prefixListId").map(({ props }) => props),
  ]);
  return [...sources, ...listed.map(({ cidr }) => String(cidr))];
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
