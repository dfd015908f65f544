import { describe, expect, it } from "@jest/globals";
import { Egress, Network, type NetworkArgs } from "../../../components/index.ts";
import { NETWORK_ROLES } from "../../../components/network/check.ts";
import { children, find, type Graph, namingFaults, record } from "../../../components/testing/index.ts";
import { expectGolden } from "../../support/golden.ts";

const zones = ["eu-west-1a", "eu-west-1b"];

function network(args: Partial<NetworkArgs>): Promise<Graph> {
  return record(() => {
    const { vpcId, publicSubnetIds, privateSubnetIds, dataSubnetIds } = new Network("net", {
      zones,
      egress: Egress.none,
      ...args,
    });
    return { vpcId, publicSubnetIds, privateSubnetIds, dataSubnetIds };
  });
}

const names = (graph: Graph, type: string) =>
  graph.resources.filter((resource) => resource.type === type).map(({ name }) => name);

describe("Network", () => {
  it("makes exactly what a network without egress needs", async () => {
    const graph = await network({ zones: ["eu-west-1a"] });
    expect(children(graph, "net")).toEqual([
      "aws:cloudwatch/logGroup:LogGroup net-flow-logs",
      "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup net-default-group",
      "aws:ec2/flowLog:FlowLog net-flow-log",
      "aws:ec2/internetGateway:InternetGateway net-internet",
      "aws:ec2/route:Route net-public-out",
      "aws:ec2/routeTable:RouteTable net-isolated-table",
      "aws:ec2/routeTable:RouteTable net-private-eu-west-1a-table",
      "aws:ec2/routeTable:RouteTable net-public-table",
      "aws:ec2/routeTableAssociation:RouteTableAssociation net-data-eu-west-1a-routes",
      "aws:ec2/routeTableAssociation:RouteTableAssociation net-private-eu-west-1a-routes",
      "aws:ec2/routeTableAssociation:RouteTableAssociation net-public-eu-west-1a-routes",
      "aws:ec2/subnet:Subnet net-data-eu-west-1a",
      "aws:ec2/subnet:Subnet net-private-eu-west-1a",
      "aws:ec2/subnet:Subnet net-public-eu-west-1a",
      "aws:ec2/vpc:Vpc net-vpc",
      "aws:ec2/vpcEndpoint:VpcEndpoint net-endpoint-s3",
      "aws:iam/role:Role net-flow-logs-role",
      "aws:iam/rolePolicy:RolePolicy net-flow-logs-policy",
    ]);
    expect(namingFaults(graph)).toEqual([]);
    expect(graph.outputs).toEqual({
      vpcId: "net-vpc.id",
      publicSubnetIds: ["net-public-eu-west-1a.id"],
      privateSubnetIds: ["net-private-eu-west-1a.id"],
      dataSubnetIds: ["net-data-eu-west-1a.id"],
    });
  });

  it("is secure unless told otherwise", async () => {
    const graph = await network({});
    expect(find(graph, "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup").inputs).toMatchObject({
      ingress: [],
      egress: [],
    });
    for (const name of names(graph, "aws:ec2/subnet:Subnet")) {
      expect(find(graph, "aws:ec2/subnet:Subnet", name).inputs).toMatchObject({ mapPublicIpOnLaunch: false });
    }
    expect(find(graph, "aws:ec2/flowLog:FlowLog").inputs).toMatchObject({ trafficType: "ALL" });
    expect(find(graph, "aws:cloudwatch/logGroup:LogGroup").inputs).toMatchObject({ retentionInDays: 365 });
    const policy = find(graph, "aws:iam/rolePolicy:RolePolicy").inputs.policy as string;
    expect(JSON.parse(policy).Statement[0].Resource).toEqual([
      "arn:aws:cloudwatch:eu-west-1:111122223333:logGroup/net-flow-logs",
      "arn:aws:cloudwatch:eu-west-1:111122223333:logGroup/net-flow-logs:*",
    ]);
  });

  it.each([
    ["natPerAz", ["net-nat-eu-west-1a", "net-nat-eu-west-1b"], 2, 0],
    ["natSingle", ["net-nat"], 1, 0],
    ["natInstance", [], 1, 1],
    ["none", [], 0, 0],
  ] as const)("%s", async (egress, gateways, addresses, instances) => {
    const graph = await network({ egress });
    expect(names(graph, "aws:ec2/natGateway:NatGateway")).toEqual(gateways);
    expect(names(graph, "aws:ec2/eip:Eip")).toHaveLength(addresses);
    expect(names(graph, "aws:ec2/instance:Instance")).toHaveLength(instances);
    const out = graph.resources.filter(({ name }) => /^net-private-.*-out$/.test(name));
    expect(out).toHaveLength(egress === "none" ? 0 : 2);
    // Nothing leads out of the isolated subnets, whatever the egress.
    expect(graph.resources.filter(({ name }) => /^net-isolated-.*out/.test(name))).toEqual([]);
  });

  it("keeps one NAT where it is when zones come and go", async () => {
    const subnet = (graph: Graph) => find(graph, "aws:ec2/natGateway:NatGateway").inputs.subnetId;
    expect(subnet(await network({ egress: "natSingle", zones: ["eu-west-1b"] }))).toBe(
      "net-public-eu-west-1b.id",
    );
    const more = { egress: Egress.natSingle, zones: ["eu-west-1b", "eu-west-1a", "eu-west-1c"] };
    expect(subnet(await network(more))).toBe("net-public-eu-west-1b.id");
    expect(subnet(await network({ ...more, natZone: "eu-west-1c" }))).toBe("net-public-eu-west-1c.id");
  });

  it("changes no resource that is in both graphs when a zone and a tier are added", async () => {
    const before = await network({ egress: "natPerAz" });
    const after = await network({
      egress: "natPerAz",
      zones: ["eu-west-1c", ...zones],
      tiers: { cache: { kind: "isolated", slot: 2 } },
    });
    const later = new Map(after.resources.map((resource) => [resource.urn, resource]));
    const changed = before.resources.filter(
      (resource) => JSON.stringify(resource) !== JSON.stringify(later.get(resource.urn)),
    );
    // The gateway endpoint serves one more route table; that is an update in place.
    expect(changed.map(({ name }) => name)).toEqual(["net-endpoint-s3"]);
  });

  it("offers what workloads use inside, and reaches it by HTTPS from the network only", async () => {
    const graph = await network({
      egress: Egress.endpointsOnly,
      uses: { containerImages: true, logs: true, tables: true },
    });
    expect(names(graph, "aws:ec2/vpcEndpoint:VpcEndpoint")).toEqual([
      "net-endpoint-dynamodb",
      "net-endpoint-ecr.api",
      "net-endpoint-ecr.dkr",
      "net-endpoint-logs",
      "net-endpoint-s3",
    ]);
    expect(find(graph, "aws:ec2/vpcEndpoint:VpcEndpoint", "net-endpoint-ecr.dkr").inputs).toMatchObject({
      serviceName: "com.amazonaws.eu-west-1.ecr.dkr",
      privateDnsEnabled: true,
      subnetIds: ["net-private-eu-west-1a.id", "net-private-eu-west-1b.id"],
    });
    expect(find(graph, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule").inputs).toMatchObject({
      cidrIpv4: "10.0.0.0/16",
      fromPort: 443,
      toPort: 443,
    });
  });

  it("adds IPv6 with a way out that nothing comes in by", async () => {
    const graph = await network({ egress: "natSingle", ipv6: true });
    expect(find(graph, "aws:ec2/subnet:Subnet", "net-private-eu-west-1b").inputs).toMatchObject({
      ipv6CidrBlock: "2001:db8:1234:1a0c::/64",
    });
    expect(find(graph, "aws:ec2/route:Route", "net-private-eu-west-1a-out6").inputs).toMatchObject({
      egressOnlyGatewayId: "net-egress-only.id",
    });
  });

  it("takes an existing network without touching it", async () => {
    const graph = await record(() => {
      const existing = { vpcId: "vpc-1", cidr: "10.9.0.0/16", privateSubnetIds: ["subnet-1"] };
      const { vpcId, dataSubnetIds, publicSubnetIds } = new Network("net", { existing });
      return { vpcId, dataSubnetIds, publicSubnetIds };
    });
    expect(children(graph, "net")).toEqual([]);
    expect(graph.outputs).toEqual({ vpcId: "vpc-1", dataSubnetIds: ["subnet-1"], publicSubnetIds: [] });
  });

  it("lays overrides over each role, and knows each role", async () => {
    const everything = { egress: Egress.natInstance, ipv6: true, uses: { logs: true } };
    const mark = { tags: { marked: "yes" } };
    const overrides = Object.fromEntries(NETWORK_ROLES.map((role) => [role, mark]));
    const marked = new Set<string>();
    for (const egress of [Egress.natInstance, Egress.natPerAz]) {
      const graph = await network({ ...everything, egress, overrides });
      for (const { type, inputs } of graph.resources) {
        if (JSON.stringify(inputs.tags) === '{"marked":"yes"}') marked.add(type);
      }
    }
    // The two kinds of endpoint share a type, and so do the two security groups and the two log roles.
    expect(marked.size).toBe(NETWORK_ROLES.length - 2);
  });

  it.each<[string, Partial<NetworkArgs>, RegExp[]]>([
    ["no zones", { zones: [] }, [/zones is \[\]; allowed: at least one zone/]],
    [
      "an unknown region",
      { zones: ["eu-moon-1a"] },
      [/zones\[0\] is "eu-moon-1a"; allowed: a zone of a region/],
    ],
    ["zones of two regions", { zones: ["eu-west-1a", "eu-west-2a"] }, [/zones\[1\] is "eu-west-2a"/]],
    ["a zone twice", { zones: ["eu-west-1a", "eu-west-1a"] }, [/each zone once/]],
    ["a range that is too large", { cidr: "10.0.0.0/8" }, [/cidr is "10.0.0.0\/8"; allowed: .*\/16 to \/22/]],
    [
      "overlapping tiers",
      { tiers: { cache: { kind: "isolated", slot: 5 } } },
      [/tiers\.cache\.slot is 5; allowed: slots that private does not have/],
    ],
    ["egress that is not chosen", { egress: undefined }, [/egress is missing; allowed: one of natPerAz, /]],
    ["a NAT zone of another network", { natZone: "eu-west-1c" }, [/natZone is "eu-west-1c"/]],
    ["endpoints without a use", { egress: "endpointsOnly" }, [/uses is missing; allowed: at least one/]],
    ["a retention that CloudWatch lacks", { flowLogs: { retentionDays: 100 } }, [/retentionDays is 100/]],
    ["an unknown role", { overrides: { vcp: {} } }, [/overrides\.vcp is "vcp"; allowed: a child role: vpc/]],
    [
      "several faults at once",
      { zones: [], cidr: "x", natZone: "y" },
      [/zones/, /cidr is "x"/, /natZone is "y"/],
    ],
    [
      "an existing network that is to be changed",
      { existing: { vpcId: "v", cidr: "c", privateSubnetIds: [] } },
      [/zones is .*nothing beside existing/, /egress is/],
    ],
  ])("refuses %s, by field, value and what is allowed", async (_, args, faults) => {
    const made = network(args);
    for (const fault of faults) await expect(made).rejects.toThrow(fault);
    await expect(made).rejects.toThrow(/^Network "net": /);
  });

  it("makes the recorded production network", async () => {
    const graph = await record(
      () => {
        new Network("main", {
          zones: ["eu-west-1a", "eu-west-1b", "eu-west-1c"],
          egress: Egress.natPerAz,
          uses: { containerImages: true, logs: true, secrets: true },
        });
      },
      { project: "golden", stack: "production" },
    );
    expectGolden(graph, "test/components/network/fixtures/production.json");
  });
});
