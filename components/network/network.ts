import { DefaultSecurityGroup } from "@pulumi/aws/ec2/defaultSecurityGroup.js";
import { EgressOnlyInternetGateway } from "@pulumi/aws/ec2/egressOnlyInternetGateway.js";
import { InternetGateway } from "@pulumi/aws/ec2/internetGateway.js";
import { Route } from "@pulumi/aws/ec2/route.js";
import { RouteTable } from "@pulumi/aws/ec2/routeTable.js";
import { RouteTableAssociation } from "@pulumi/aws/ec2/routeTableAssociation.js";
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { Subnet } from "@pulumi/aws/ec2/subnet.js";
import { Vpc } from "@pulumi/aws/ec2/vpc.js";
import { VpcEndpoint } from "@pulumi/aws/ec2/vpcEndpoint.js";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule.js";
import { ComponentResource, type ComponentResourceOptions, type Output, output } from "@pulumi/pulumi";
import { refuse } from "../faults.ts";
import { override } from "../overrides.ts";
import { regionOfZone } from "../regions.ts";
import { type ExistingNetworkArgs, type NetworkArgs, TierKind } from "./args.ts";
import { checkNetwork } from "./check.ts";
import { DEFAULT_TIERS, ipv6Subnet, type PlannedSubnet, planSubnets } from "./cidr-plan.ts";
import { makeEgress, type WayOut } from "./egress.ts";
import { endpointService, planEndpoints } from "./endpoint-plan.ts";
import { makeFlowLogs } from "./flow-logs.ts";

/**
 * A VPC over several zones: public subnets for load balancers, private ones for services, isolated ones for
 * data. Addresses follow from names, so a new zone or tier moves nothing. No subnet gives out public
 * addresses, the default security group lets nothing through, flow logs are on, S3 has a gateway endpoint.
 *
 * ```ts
 * const network = new Network("main", {
 *   zones: ["eu-west-1a", "eu-west-1b", "eu-west-1c"],
 *   egress: Egress.natPerAz,
 *   uses: { containerImages: true, logs: true, secrets: true },
 * });
 * ```
 *
 * A month: the VPC itself nothing; `natPerAz` about 33 USD a zone, `natSingle` 33, `natInstance` 3 to 7; each
 * interface endpoint about 8 USD a zone; flow logs by volume.
 */
export class Network extends ComponentResource {
  readonly vpcId: Output<string>;
  /** IPv4 range of the VPC. */
  readonly cidr: Output<string>;
  /** Subnets of the tier `public`, by zone name. */
  readonly publicSubnetIds: Output<string[]>;
  /** Subnets of the tier `private`, by zone name. */
  readonly privateSubnetIds: Output<string[]>;
  /** Subnets of the tier `data`, by zone name. */
  readonly dataSubnetIds: Output<string[]>;
  /** Subnets of every tier, by tier; empty for an existing network. */
  readonly subnetIds: Output<Record<string, string[]>>;

  constructor(name: string, args: NetworkArgs, opts?: ComponentResourceOptions) {
    super("roost-components:index:Network", name, {}, opts);
    refuse("Network", name, checkNetwork(args));

    const ids = args.existing ? takeExisting(args.existing) : makeNetwork(this, name, args);
    this.vpcId = ids.vpcId;
    this.cidr = ids.cidr;
    this.publicSubnetIds = ids.publicSubnetIds;
    this.privateSubnetIds = ids.privateSubnetIds;
    this.dataSubnetIds = ids.dataSubnetIds;
    this.subnetIds = ids.subnetIds;
    this.registerOutputs({ ...ids });
  }
}

function takeExisting(existing: ExistingNetworkArgs) {
  return {
    vpcId: output(existing.vpcId),
    cidr: output(existing.cidr),
    publicSubnetIds: output(existing.publicSubnetIds ?? []),
    privateSubnetIds: output(existing.privateSubnetIds),
    dataSubnetIds: output(existing.dataSubnetIds ?? existing.privateSubnetIds),
    subnetIds: output({} as Record<string, string[]>),
  };
}

function makeNetwork(parent: Network, name: string, args: NetworkArgs) {
  const { overrides, cidr = "10.0.0.0/16", egress = "none", ipv6 = false } = args;
  const zones = [...(args.zones ?? [])].sort();
  const tiers = { ...DEFAULT_TIERS, ...args.tiers };
  const subnets = planSubnets(cidr, zones, tiers);
  const named = (suffix: string) => ({ ...args.tags, Name: `${name}-${suffix}` });

  const vpc = makeVpc();
  const internetGateway = subnets.some(({ kind }) => kind === TierKind.public)
    ? makeInternetGateway()
    : undefined;
  const egressOnly = ipv6 ? makeEgressOnlyGateway() : undefined;
  const subnetIds = Object.fromEntries(subnets.map((subnet) => [subnet.key, makeSubnet(subnet).id]));
  const waysOut = makeEgress(egress, {
    name,
    parent,
    vpcId: vpc.id,
    cidr,
    zones,
    natZone: args.natZone ?? args.zones?.[0] ?? "",
    natInstance: args.natInstance,
    publicSubnetIds: Object.fromEntries(zones.map((zone) => [zone, subnetIds[`public-${zone}`]!])),
    tags: args.tags,
    overrides,
    internetGateway,
  });
  const tables = makeRouteTables();
  makeEndpoints();
  if (args.flowLogs?.enabled !== false) {
    makeFlowLogs(args.flowLogs ?? {}, { name, parent, vpcId: vpc.id, tags: args.tags, overrides });
  }

  const ofTier = (tier: string) =>
    subnets.filter((subnet) => subnet.tier === tier).map(({ key }) => subnetIds[key]!);
  return {
    vpcId: vpc.id,
    cidr: output(cidr),
    publicSubnetIds: output(ofTier("public")),
    privateSubnetIds: output(ofTier("private")),
    dataSubnetIds: output(ofTier("data")),
    subnetIds: output(Object.fromEntries(Object.keys(tiers).map((tier) => [tier, ofTier(tier)]))),
  };

  function makeVpc(): Vpc {
    const made = new Vpc(
      `${name}-vpc`,
      override(overrides, "vpc", {
        cidrBlock: cidr,
        enableDnsHostnames: true,
        enableDnsSupport: true,
        ...(ipv6 && { assignGeneratedIpv6CidrBlock: true }),
        tags: { ...args.tags, Name: name },
      }),
      { parent },
    );
    // Adopted without rules: what forgets to name its security group reaches nothing.
    new DefaultSecurityGroup(
      `${name}-default-group`,
      override(overrides, "defaultSecurityGroup", {
        vpcId: made.id,
        ingress: [],
        egress: [],
        tags: named("default"),
      }),
      { parent },
    );
    return made;
  }

  function makeInternetGateway(): InternetGateway {
    const settings = { vpcId: vpc.id, tags: { ...args.tags, Name: name } };
    return new InternetGateway(`${name}-internet`, override(overrides, "internetGateway", settings), {
      parent,
    });
  }

  function makeEgressOnlyGateway(): EgressOnlyInternetGateway {
    const settings = { vpcId: vpc.id, tags: { ...args.tags, Name: name } };
    return new EgressOnlyInternetGateway(
      `${name}-egress-only`,
      override(overrides, "egressOnlyGateway", settings),
      { parent },
    );
  }

  function makeSubnet({ key, cidr, zone, kind, ipv6Index }: PlannedSubnet): Subnet {
    return new Subnet(
      `${name}-${key}`,
      override(overrides, "subnet", {
        vpcId: vpc.id,
        availabilityZone: zone,
        cidrBlock: cidr,
        mapPublicIpOnLaunch: false,
        ...(ipv6 && {
          ipv6CidrBlock: vpc.ipv6CidrBlock.apply((block) => ipv6Subnet(block, ipv6Index)),
          assignIpv6AddressOnCreation: true,
        }),
        tags: { ...named(key), "roost:tier-kind": kind },
      }),
      { parent },
    );
  }

  /**
   * One table for all public subnets, one for all isolated ones, one a zone for private ones: also with a
   * single NAT, so that a change of egress changes routes and replaces nothing.
   */
  function makeRouteTables(): RouteTable[] {
    const made = new Map<string, RouteTable>();
    for (const { kind, zone, key } of subnets) {
      const suffix = kind === TierKind.private ? `private-${zone}` : kind;
      const table = made.get(suffix) ?? makeRouteTable(suffix, kind, waysOut[zone]);
      made.set(suffix, table);
      new RouteTableAssociation(
        `${name}-${key}-routes`,
        { subnetId: subnetIds[key], routeTableId: table.id },
        { parent },
      );
    }
    return [...made.values()];
  }

  function makeRouteTable(suffix: string, kind: TierKind, wayOut: WayOut | undefined): RouteTable {
    const settings = { vpcId: vpc.id, tags: named(suffix) };
    const table = new RouteTable(`${name}-${suffix}-table`, override(overrides, "routeTable", settings), {
      parent,
    });
    const everywhere = { routeTableId: table.id, destinationCidrBlock: "0.0.0.0/0" };
    const everywhere6 = { routeTableId: table.id, destinationIpv6CidrBlock: "::/0" };
    if (kind === TierKind.public && internetGateway) {
      new Route(`${name}-${suffix}-out`, { ...everywhere, gatewayId: internetGateway.id }, { parent });
      if (ipv6)
        new Route(`${name}-${suffix}-out6`, { ...everywhere6, gatewayId: internetGateway.id }, { parent });
    }
    if (kind === TierKind.private && wayOut) {
      new Route(`${name}-${suffix}-out`, { ...everywhere, ...wayOut }, { parent });
    }
    if (kind === TierKind.private && egressOnly && egress !== "endpointsOnly" && egress !== "none") {
      new Route(`${name}-${suffix}-out6`, { ...everywhere6, egressOnlyGatewayId: egressOnly.id }, { parent });
    }
    return table;
  }

  function makeEndpoints(): void {
    const { gateways, interfaces } = planEndpoints(args.uses);
    const region = regionOfZone(zones[0]!)!;
    for (const service of gateways) {
      new VpcEndpoint(
        `${name}-endpoint-${service}`,
        override(overrides, "gatewayEndpoint", {
          vpcId: vpc.id,
          serviceName: endpointService(region, service),
          vpcEndpointType: "Gateway",
          routeTableIds: tables.map(({ id }) => id),
          tags: named(service),
        }),
        { parent },
      );
    }
    if (interfaces.length === 0) return;
    const group = new SecurityGroup(
      `${name}-endpoints-group`,
      override(overrides, "endpointSecurityGroup", {
        vpcId: vpc.id,
        description: "Endpoints of AWS services",
        tags: named("endpoints"),
      }),
      { parent },
    );
    new SecurityGroupIngressRule(
      `${name}-endpoints-ingress`,
      {
        securityGroupId: group.id,
        cidrIpv4: cidr,
        ipProtocol: "tcp",
        fromPort: 443,
        toPort: 443,
        description: "HTTPS from the network",
      },
      { parent },
    );
    for (const service of interfaces) {
      new VpcEndpoint(
        `${name}-endpoint-${service}`,
        override(overrides, "interfaceEndpoint", {
          vpcId: vpc.id,
          serviceName: endpointService(region, service),
          vpcEndpointType: "Interface",
          subnetIds: ofPlacement(),
          securityGroupIds: [group.id],
          privateDnsEnabled: true,
          tags: named(service),
        }),
        { parent },
      );
    }
  }

  /** Where interface endpoints have their addresses: beside the services that call them. */
  function ofPlacement() {
    return subnets.filter(({ tier }) => tier === "private").map(({ key }) => subnetIds[key]!);
  }
}
