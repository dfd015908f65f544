// A path between two security groups has two ends: a rule that lets it out of one, and one that lets it into the other.

import { SecurityGroupEgressRule } from "@pulumi/aws/vpc/securityGroupEgressRule.js";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule.js";
import type { Input, Resource } from "@pulumi/pulumi";
import { type Overrides, override } from "./overrides.ts";

/** A security group, and name and description of the rule that it gets. */
export type PathEnd = [securityGroupId: Input<string>, ruleName: string, description: string];

/** Opens one port of TCP. The roles of both rules for `overrides` are `egressRule` and `ingressRule`. */
export function openPath(
  [from, outName, outDescription]: PathEnd,
  [to, intoName, intoDescription]: PathEnd,
  port: number,
  context: { parent?: Resource; tags?: Record<string, Input<string>>; overrides?: Overrides },
): void {
  const { parent, tags, overrides } = context;
  const ports = { ipProtocol: "tcp", fromPort: port, toPort: port, tags };
  const out = { ...ports, securityGroupId: from, referencedSecurityGroupId: to, description: outDescription };
  const into = {
    ...ports,
    securityGroupId: to,
    referencedSecurityGroupId: from,
    description: intoDescription,
  };
  new SecurityGroupEgressRule(outName, override(overrides, "egressRule", out), { parent });
  new SecurityGroupIngressRule(intoName, override(overrides, "ingressRule", into), { parent });
}
