// How private subnets reach out: what is made for each kind of egress, and the route that leads there.

import { Eip } from "@pulumi/aws/ec2/eip.js";
import { Instance } from "@pulumi/aws/ec2/instance.js";
import { LaunchTemplate } from "@pulumi/aws/ec2/launchTemplate.js";
import { NatGateway } from "@pulumi/aws/ec2/natGateway.js";
import { NetworkInterface } from "@pulumi/aws/ec2/networkInterface.js";
import type { RouteArgs } from "@pulumi/aws/ec2/route.js";
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { SecurityGroupEgressRule } from "@pulumi/aws/vpc/securityGroupEgressRule.js";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule.js";
import type { Input, Resource } from "@pulumi/pulumi";
import { type Overrides, override } from "../overrides.ts";
import { Egress, type NatInstanceArgs } from "./args.ts";

/** What leads out of a private route table; empty when nothing does. */
export type WayOut = Pick<RouteArgs, "natGatewayId" | "networkInterfaceId">;

export interface EgressContext {
  name: string;
  parent: Resource;
  vpcId: Input<string>;
  cidr: string;
  zones: readonly string[];
  natZone: string;
  natInstance?: NatInstanceArgs;
  /** Zone → its public subnet. */
  publicSubnetIds: Record<string, Input<string>>;
  tags?: Record<string, Input<string>>;
  overrides?: Overrides;
  /** Must exist before an address is of use. */
  internetGateway?: Resource;
}

/** Zone → way out of its private subnets; a zone that has none is absent. */
export function makeEgress(egress: Egress, context: EgressContext): Record<string, WayOut> {
  const { zones, natZone } = context;
  switch (egress) {
    case Egress.natPerAz:
      return Object.fromEntries(zones.map((zone) => [zone, natGateway(context, zone, `nat-${zone}`)]));
    case Egress.natSingle:
      return everyZone(zones, natGateway(context, natZone, "nat"));
    case Egress.natInstance:
      return everyZone(zones, natInstance(context, natZone));
    case Egress.endpointsOnly:
    case Egress.none:
      return {};
  }
}

function everyZone(zones: readonly string[], way: WayOut): Record<string, WayOut> {
  return Object.fromEntries(zones.map((zone) => [zone, way]));
}

function natGateway(context: EgressContext, zone: string, suffix: string): WayOut {
  const { name, parent, overrides, internetGateway } = context;
  const options = { parent, ...(internetGateway && { dependsOn: [internetGateway] }) };
  const tags = { ...context.tags, Name: `${name}-${suffix}` };
  const address = new Eip(
    `${name}-${suffix}-address`,
    override(overrides, "natAddress", { domain: "vpc", tags }),
    options,
  );
  const gateway = new NatGateway(
    `${name}-${suffix}`,
    override(overrides, "natGateway", {
      allocationId: address.id,
      subnetId: context.publicSubnetIds[zone],
      tags,
    }),
    options,
  );
  return { natGatewayId: gateway.id };
}

/**
 * The interface is a resource of its own, so routes and the public address outlive a replaced instance. AWS
 * restarts an instance whose machine fails by itself.
 * https://docs.aws.amazon.com/vpc/latest/userguide/work-with-nat-instances.html
 */
function natInstance(context: EgressContext, zone: string): WayOut {
  const { name, parent, overrides, cidr, vpcId, natInstance: settings } = context;
  const options = { parent };
  const tags = { ...context.tags, Name: `${name}-nat` };
  const group = new SecurityGroup(
    `${name}-nat-group`,
    override(overrides, "natSecurityGroup", {
      vpcId,
      description: "Translates addresses for private subnets",
      tags,
    }),
    options,
  );
  new SecurityGroupIngressRule(
    `${name}-nat-ingress`,
    { securityGroupId: group.id, cidrIpv4: cidr, ipProtocol: "-1", description: "From the network", tags },
    options,
  );
  new SecurityGroupEgressRule(
    `${name}-nat-egress`,
    {
      securityGroupId: group.id,
      cidrIpv4: "0.0.0.0/0",
      ipProtocol: "-1",
      description: "To the internet",
      tags,
    },
    options,
  );
  const card = new NetworkInterface(
    `${name}-nat-interface`,
    override(overrides, "natInterface", {
      subnetId: context.publicSubnetIds[zone]!,
      securityGroups: [group.id],
      sourceDestCheck: false,
      description: "Way out of private subnets",
      tags,
    }),
    options,
  );
  new Eip(
    `${name}-nat-address`,
    override(overrides, "natAddress", { domain: "vpc", networkInterface: card.id, tags }),
    { ...options, ...(context.internetGateway && { dependsOn: [context.internetGateway] }) },
  );
  const template = new LaunchTemplate(
    `${name}-nat-template`,
    override(overrides, "natLaunchTemplate", {
      imageId: settings?.imageId ?? AMAZON_LINUX,
      instanceType: settings?.instanceType ?? "t4g.nano",
      metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
      blockDeviceMappings: [
        { deviceName: "/dev/xvda", ebs: { encrypted: "true", volumeSize: 8, volumeType: "gp3" } },
      ],
      networkInterfaces: [{ deviceIndex: 0, networkInterfaceId: card.id, deleteOnTermination: "false" }],
      ...(settings?.imageId === undefined && { userData: Buffer.from(CLOUD_CONFIG).toString("base64") }),
      tags,
    }),
    options,
  );
  new Instance(
    `${name}-nat-instance`,
    override(overrides, "natInstance", {
      launchTemplate: { id: template.id, version: template.latestVersion.apply((version) => `${version}`) },
      maintenanceOptions: { autoRecovery: "default" },
      tags,
      volumeTags: tags,
    }),
    // The interface is free only when the earlier instance is gone.
    { ...options, deleteBeforeReplace: true },
  );
  return { networkInterfaceId: card.id };
}

/** The newest image at launch; AWS keeps the parameter up to date. */
const AMAZON_LINUX = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64";

/** Address translation as cloud-init data: forwarding on, one nftables rule. */
const CLOUD_CONFIG = `#cloud-config\n${JSON.stringify({
  packages: ["nftables"],
  write_files: [
    { path: "/etc/sysctl.d/90-nat.conf", content: "net.ipv4.ip_forward = 1\n" },
    {
      path: "/etc/sysconfig/nftables.conf",
      content:
        'table ip nat { chain post { type nat hook postrouting priority 100; oifname != "lo" masquerade; } }\n',
    },
  ],
  runcmd: [
    ["sysctl", "--system"],
    ["systemctl", "enable", "--now", "nftables"],
  ],
})}\n`;
