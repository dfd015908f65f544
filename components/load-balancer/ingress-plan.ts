// Who may connect to a load balancer, as security group rules with names that outlive edits.

import type { Input } from "@pulumi/pulumi";
import { Exposure, type LoadBalancerArgs } from "./args.ts";

export interface IngressRule {
  /** Suffix of the rule's name. */
  key: string;
  description: string;
  fromPort: number;
  toPort: number;
  cidrIpv4?: Input<string>;
  cidrIpv6?: Input<string>;
  prefixListId?: Input<string>;
  referencedSecurityGroupId?: Input<string>;
}

type Source = Pick<IngressRule, "cidrIpv4" | "cidrIpv6" | "prefixListId" | "referencedSecurityGroupId">;

/** Ports 80 and 443 for each source; the test port for the network alone. */
export function planIngress(
  args: Pick<LoadBalancerArgs, "exposure" | "ingress" | "dualStack" | "testPort" | "network">,
) {
  const rules: IngressRule[] = Object.entries(sources(args)).flatMap(([source, from]) =>
    [80, 443].map((port) => ({
      key: `from-${source}-${port}`,
      description: port === 80 ? "HTTP, which is redirected" : "HTTPS",
      fromPort: port,
      toPort: port,
      ...from,
    })),
  );
  const { testPort, network } = args;
  if (testPort !== undefined) {
    rules.push({
      key: "from-network-test",
      description: "Test traffic from the network",
      fromPort: testPort,
      toPort: testPort,
      cidrIpv4: network.cidr,
    });
  }
  return rules;
}

function sources({ exposure, ingress, dualStack, network }: Parameters<typeof planIngress>[0]) {
  const given: Record<string, Source> = {};
  for (const cidrIpv4 of ingress?.cidrs ?? []) given[slug(cidrIpv4)] = { cidrIpv4 };
  for (const cidrIpv6 of ingress?.ipv6Cidrs ?? []) given[slug(cidrIpv6)] = { cidrIpv6 };
  for (const [key, prefixListId] of Object.entries(ingress?.prefixListIds ?? {}))
    given[key] = { prefixListId };
  for (const [key, id] of Object.entries(ingress?.securityGroupIds ?? {})) {
    given[key] = { referencedSecurityGroupId: id };
  }
  if (ingress) return given;
  if (exposure === Exposure.internal) return { network: { cidrIpv4: network.cidr } };
  return {
    anywhere: { cidrIpv4: "0.0.0.0/0" },
    ...(dualStack && { "anywhere-ipv6": { cidrIpv6: "::/0" } }),
  } as Record<string, Source>;
}

/** `10.0.0.0/8` → `10.0.0.0-8`, which a resource name may hold. */
function slug(cidr: string): string {
  return cidr.replaceAll("/", "-").replaceAll(":", ".");
}
