import { z } from "zod";
import { stackRule } from "../../rule.ts";
import { isProduction, productionConfig } from "../../values.ts";

export const natGateways = stackRule({
  id: "cost-nat-gateways",
  title: "Outside production one NAT gateway is enough",
  severity: "low",
  level: "advisory",
  frameworks: ["own"],
  remediation:
    "Use one NAT gateway, a NAT instance or endpoints only, outside production: each gateway costs by the hour.",
  kinds: ["aws:ec2/Vpc"],
  config: productionConfig.extend({ most: z.number().default(1).describe("NAT gateways per network.") }),
  check(vpc, { found, stack, config }) {
    if (isProduction(vpc, config)) return;
    const gateways = stack
      .of("aws:ec2/NatGateway")
      .filter((gateway) =>
        stack
          .targets(gateway, "subnetId", "aws:ec2/Subnet")
          .some((subnet) => stack.pointsAt(subnet, "vpcId", vpc)),
      );
    if (gateways.length > config.most) found(`has ${gateways.length} NAT gateways`);
  },
});
