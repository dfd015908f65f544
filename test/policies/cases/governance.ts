import { given, type Table, when } from "../../../policies/testing/index.ts";

const production = { stack: "production" };
const bucket = (tags?: Record<string, string>) => given("aws:s3/bucket:Bucket", "files", { tags });
const efs = (protect?: boolean) => given("aws:efs/fileSystem:FileSystem", "fs", {}, { protect });
const database = (deletionProtection?: unknown, protect?: boolean) =>
  given("aws:rds/instance:Instance", "db", { deletionProtection }, { protect });
const vpc = given("aws:ec2/vpc:Vpc", "vpc", {});
const subnet = given("aws:ec2/subnet:Subnet", "subnet", {}, { from: { vpcId: "vpc" } });
const nat = (name: string) =>
  given("aws:ec2/natGateway:NatGateway", name, {}, { from: { subnetId: "subnet" } });
const machine = (instanceType: string, name = "machine") =>
  given("aws:ec2/instance:Instance", name, { instanceType });
const ownPrices = (monthly: number) => ({
  format: "roost-prices/1",
  name: "own",
  currency: "EUR",
  prices: [{ type: "aws:ec2/instance:Instance", item: "months", monthly }],
});
const balancer = given("aws:lb/loadBalancer:LoadBalancer", "lb", {});
const address = given("aws:ec2/eip:Eip", "address", {});
const task = (inputs: Record<string, unknown> = {}, more = {}) =>
  given(
    "aws:ecs/taskDefinition:TaskDefinition",
    "task",
    { requiresCompatibilities: ["FARGATE"], ...inputs },
    more,
  );
const service = (capacityProvider: string) =>
  given(
    "aws:ecs/service:Service",
    "service",
    { capacityProviderStrategies: [{ capacityProvider }] },
    { from: { taskDefinition: "task" } },
  );
/** A policy as text, and what is said of it beside. */
const documented = (text: unknown, beside: Record<string, unknown>) => [
  given("aws:iam/rolePolicy:RolePolicy", "rights", { policy: text }),
  given("roost-components:index:Document", "rights", { policy: beside }),
];
const reading = { Effect: "Allow", Action: ["s3:GetObject"], Resource: ["arn:aws:s3:::a/*"] };
const nothing = { Effect: "Allow", Action: ["ssm:GetParameters"], Resource: [] };
const reference = (name: string) => given("pulumi:pulumi:StackReference", "other", { name });
const provider = (inputs: Record<string, unknown>) => given("pulumi:providers:aws", "aws", inputs);
const azure = (inputs: Record<string, unknown>) => given("pulumi:providers:azure-native", "azure", inputs);
const below = "roost-components:index:SessionTemplate";
const egress = (inputs: Record<string, unknown>, more = { below }) =>
  given(
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "out",
    { cidrIpv4: "0.0.0.0/0", fromPort: 443, toPort: 443, ...inputs },
    more,
  );
const document = (statement: Record<string, unknown>) =>
  JSON.stringify({ Statement: [{ Effect: "Allow", ...statement }] });
const rights = (statement: Record<string, unknown>) =>
  given("aws:iam/rolePolicy:RolePolicy", "rights", { policy: document(statement) }, { below });
const trust = (condition?: unknown) =>
  given(
    "aws:iam/role:Role",
    "role",
    {
      assumeRolePolicy: document({
        Action: ["sts:AssumeRole", "sts:TagSession"],
        Principal: { AWS: "a" },
        ...(condition ? { Condition: condition } : {}),
      }),
    },
    { below },
  );
const group = (fromPort: number) =>
  given(
    "aws:ec2/securityGroup:SecurityGroup",
    "group",
    { egress: [{ cidrBlocks: ["0.0.0.0/0"], fromPort, toPort: fromPort }] },
    { below },
  );
const command = (connection: unknown, type = "Command") =>
  given(`command:remote:${type}`, "run", { connection });
const asked = { settings: { enforcementLevel: "mandatory" as const } };

export const governance: Record<string, Table> = {
  tags: {
    good: [
      when("the stage", [bucket({ "roost:stage": "dev" })]),
      when("by the provider", [
        given("pulumi:providers:aws", "aws", { defaultTags: { tags: { "roost:stage": "dev" } } }),
        given("aws:s3/bucket:Bucket", "files", {}, { provider: "aws" }),
      ]),
      when("Azure's name", [
        given("azure-native:resources:ResourceGroup", "g", { tags: { "roost-stage": "dev" } }),
      ]),
      when("those that are asked for", [bucket({ "roost:stage": "dev", owner: "shop" })], {
        settings: { required: ["owner"] },
      }),
    ],
    bad: [
      when("none", [bucket()], { says: "no tag roost:stage", ...asked }),
      when("none, repaired", [bucket()], { says: "changed in tags", kind: "remediation" }),
      when("an owner that nobody knows", [bucket()], {
        says: "no tag owner",
        settings: { required: ["owner"] },
      }),
      when("an owner, repaired", [bucket({ "roost:stage": "dev" })], {
        says: "changed in tags",
        kind: "remediation",
        settings: { tags: { owner: "shop" } },
      }),
      when("Azure", [given("azure-native:storage/v20240101:StorageAccount", "a", {})], {
        says: "no tag roost-stage",
        ...asked,
      }),
    ],
  },
  "stateful-protected": {
    good: [
      when("by the option", [efs(true), database(false, true)], production),
      when("by the service", [database(true)], production),
      when("in dev", [efs(), database()]),
      when(
        "refuses while full",
        [given("aws:ecr/repository:Repository", "r", { forceDelete: false })],
        production,
      ),
    ],
    bad: [
      when("a file system", [efs()], { says: "by mistake", ...production }),
      when("a database", [database(false)], { says: "by mistake", ...production }),
      when("a cluster", [given("aws:rds/cluster:Cluster", "c", {})], { says: "by mistake", ...production }),
      when("a table", [given("aws:dynamodb/table:Table", "t", {})], { says: "by mistake", ...production }),
      when("users", [given("aws:cognito/userPool:UserPool", "u", { deletionProtection: "INACTIVE" })], {
        says: "by mistake",
        ...production,
      }),
      when("images", [given("aws:ecr/repository:Repository", "r", { forceDelete: true })], {
        says: "by mistake",
        ...production,
      }),
      when("an account", [given("azure-native:storage:StorageAccount", "a", {})], {
        says: "by mistake",
        ...production,
      }),
    ],
  },
  "cost-nat-gateways": {
    good: [
      when("one", [vpc, subnet, nat("a")]),
      when("several in production", [vpc, subnet, nat("a"), nat("b")], production),
    ],
    bad: [
      when("two", [vpc, subnet, nat("a"), nat("b")], { says: "2 NAT gateways" }),
      when("one too many", [vpc, subnet, nat("a")], { says: "1 NAT", settings: { most: 0 } }),
    ],
  },
  "cost-machine-sizes": {
    good: [
      when("small", [machine("t4g.small")]),
      when("large in production", [machine("m7g.8xlarge")], production),
    ],
    bad: [
      when("old", [machine("m4.large")], { says: "old type m4.large" }),
      when("an old database", [given("aws:rds/instance:Instance", "d", { instanceClass: "db.t2.micro" })], {
        says: "old type",
      }),
      when("large", [machine("m7g.4xlarge")], { says: "large m7g.4xlarge" }),
      when("a whole one", [machine("m7g.metal")], { says: "large" }),
      when(
        "a large cache",
        [given("aws:elasticache/replicationGroup:ReplicationGroup", "c", { nodeType: "cache.r7g.12xlarge" })],
        { says: "large" },
      ),
    ],
  },
  "cost-idle": {
    good: [
      when("used", [
        balancer,
        given("aws:lb/listener:Listener", "l", {}, { from: { loadBalancerArn: "lb" } }),
        address,
        given("aws:ec2/natGateway:NatGateway", "n", {}, { from: { allocationId: "address" } }),
      ]),
      when("on a machine", [given("aws:ec2/eip:Eip", "address", { instance: "i-1" })]),
    ],
    bad: [
      when("a load balancer", [balancer], { says: "no listener" }),
      when("an address", [address], { says: "used by nothing" }),
    ],
  },
  "cost-arm-or-spot": {
    good: [
      when("ARM", [task({ runtimePlatform: { cpuArchitecture: "ARM64" } })]),
      when("spot", [task(), service("FARGATE_SPOT")]),
      when("production", [task()], production),
      when("own machines", [task({ requiresCompatibilities: ["EC2"] })]),
    ],
    bad: [
      when("neither", [task(), service("FARGATE")], { says: "full price" }),
      when("Intel", [task({ runtimePlatform: { cpuArchitecture: "X86_64" } })], { says: "full price" }),
    ],
  },
  "cost-budget": {
    good: [
      when("no budget", [machine("m7g.xlarge")]),
      when("within it", [machine("m7g.xlarge")], { settings: { monthly: 150 } }),
      when("what costs nothing", [given("aws:iam/role:Role", "role")], { settings: { monthly: 0 } }),
      when("what is not known, where that is let through", [given("shop:index:Box", "box")], {
        settings: { monthly: 1, allowUnknown: true },
      }),
      when("by a table of its own", [machine("m7g.xlarge")], {
        settings: { monthly: 1, prices: ownPrices(1) },
      }),
      when("a change that adds no more than it may", [machine("m7g.xlarge")], {
        settings: { increase: 33, before: 100 },
      }),
      when("a change that adds nothing", [machine("m7g.xlarge")], {
        settings: { increase: 0, before: 132.787 },
      }),
      when("what costs nothing, whatever there was", [given("aws:iam/role:Role", "role")], {
        settings: { increase: 0 },
      }),
    ],
    bad: [
      when("more than it", [machine("m7g.xlarge"), machine("t4g.nano", "small")], {
        settings: { monthly: 130 },
        says: "costs 132.79 USD, the most of a stack of 136.1",
      }),
      when("by a table of its own", [machine("m7g.xlarge")], {
        settings: { monthly: 1, prices: ownPrices(2) },
        says: "costs 2.00 EUR",
      }),
      when("a change that adds more", [machine("m7g.xlarge"), machine("t4g.nano", "small")], {
        settings: { increase: 36, before: 100 },
        says: "USD more than before, of which a change may add 36",
      }),
      when("a change of what nobody knows", [machine("m7g.xlarge")], {
        settings: { increase: 200 },
        kind: "cannot-decide",
        says: "nobody said what the stack costs as it is",
      }),
      when("what the table does not know", [given("shop:index:Box", "box")], {
        settings: { monthly: 1 },
        kind: "cannot-decide",
        says: "is not known (the table has no price for its type)",
      }),
      when("what a preview does not know", [machine("[unknown]")], {
        settings: { monthly: 1 },
        kind: "cannot-decide",
        says: "instanceType is not known yet",
      }),
    ],
  },
  "stage-boundaries": {
    good: [
      when("the same stage", [reference("roost/network/dev")]),
      when("production of production", [reference("roost/network/production")], production),
      when("what is shared", [reference("roost/network/shared")], production),
      when("the right place", [provider({ region: "eu-west-1", allowedAccountIds: ["1"] })], {
        settings: { accounts: { dev: ["1"] }, regions: { dev: ["eu-west-1"] } },
      }),
      when("the right place of Azure", [azure({ location: "westeurope", subscriptionId: "s-1" })], {
        settings: { accounts: { dev: ["s-1"] }, regions: { dev: ["westeurope"] } },
      }),
    ],
    bad: [
      when("dev of production", [reference("roost/network/production")], {
        says: "uses the stack production",
      }),
      when("production of dev", [reference("roost/network/dev")], {
        says: "uses the stack dev",
        ...production,
      }),
      when("another region", [provider({ region: "us-east-1" })], {
        says: "us-east-1",
        settings: { regions: { dev: ["eu-west-1"] } },
      }),
      when("another account", [provider({ allowedAccountIds: ["2"] })], {
        says: "another account",
        settings: { accounts: { dev: ["1"] } },
      }),
      when("another location of Azure", [azure({ location: "eastus" })], {
        says: "eastus",
        settings: { regions: { dev: ["westeurope"] } },
      }),
      when("any subscription", [azure({})], {
        says: "another account",
        settings: { accounts: { dev: ["s-1"] } },
      }),
      when("any account", [provider({})], {
        says: "another account",
        settings: { accounts: { dev: ["1"] } },
      }),
    ],
  },
  "session-limits": {
    good: [
      when("HTTPS", [egress({}), group(443)]),
      when("everything, of what is no session", [
        given("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", "out", {
          cidrIpv4: "0.0.0.0/0",
          fromPort: 22,
          toPort: 22,
        }),
      ]),
      when("named rights", [rights({ Action: "s3:GetObject", Resource: "arn:aws:s3:::a/*" })]),
      when("the registry", [rights({ Action: "ecr:GetAuthorizationToken", Resource: "*" })]),
      when("a named session", [trust({ StringLike: { "aws:RequestTag/roost:session": "ses_*" } })]),
      when("an end", [task({ tags: { "roost:template": "w", "roost:ttl-seconds": "7200" } })]),
    ],
    bad: [
      when("another port", [egress({ fromPort: 22, toPort: 22 })], { says: "reach the world" }),
      when("every port", [egress({ ipProtocol: "-1", fromPort: undefined, toPort: undefined })], {
        says: "reach the world",
      }),
      when("by IPv6", [egress({ cidrIpv4: undefined, cidrIpv6: "::/0", fromPort: 25, toPort: 25 })], {
        says: "reach the world",
      }),
      when("inline", [group(22)], { says: "reach the world" }),
      when(
        "by the old rule",
        [
          given(
            "aws:ec2/securityGroupRule:SecurityGroupRule",
            "out",
            { type: "egress", protocol: "tcp", fromPort: 22, toPort: 22, cidrBlocks: ["0.0.0.0/0"] },
            { below },
          ),
        ],
        { says: "reach the world" },
      ),
      when("every protocol at an allowed port", [egress({ ipProtocol: "-1" })], { says: "reach the world" }),
      when(
        "rights on everything, inline",
        [
          given(
            "aws:iam/role:Role",
            "role",
            { inlinePolicies: [{ policy: document({ Action: "s3:GetObject", Resource: "*" }) }] },
            { below },
          ),
        ],
        { says: "on everything" },
      ),
      when("rights on everything", [rights({ Action: "s3:GetObject", Resource: "*" })], {
        says: "on everything",
      }),
      when("any session", [trust()], { says: "no session in particular" }),
      when("no end", [task({ tags: { "roost:template": "w" } })], { says: "never ends" }),
    ],
  },
  "ssh-pinned-host": {
    good: [
      when("known", [command({ host: "a", hostKey: "ssh-ed25519 A" })]),
      when("known proxy", [
        command({ host: "a", hostKey: "k", proxy: { host: "p", hostKey: "k" } }, "CopyToRemote"),
      ]),
    ],
    bad: [
      when("unknown", [command({ host: "a" })], { says: "whatever machine answers" }),
      when("an empty key", [command({ host: "a", hostKey: "" }, "CopyFile")], { says: "whatever" }),
      when("unknown proxy", [command({ host: "a", hostKey: "k", proxy: { host: "p" } })], { says: "proxy" }),
      when("not known yet", [command("[secret]")], { says: "connection", kind: "cannot-decide" }),
    ],
  },
  "declared-documents": {
    good: [
      when("the same", documented(document(reading), { Statement: [reading] })),
      when("in another order", documented('{"Statement":[],"Version":"1"}', { Version: "1", Statement: [] })),
      when("without what names nothing", documented(document(reading), { Statement: [nothing, reading] })),
      when("not known yet", documented("[unknown]", { Statement: [reading] })),
      when("nothing said", [rights(reading)]),
    ],
    bad: [
      when("more rights", documented(document({ ...reading, Action: "s3:*" }), { Statement: [reading] }), {
        says: "something else in policy",
      }),
      when("a statement more", documented(document(reading), { Statement: [] }), { says: "something else" }),
      when("no JSON", documented("{", { Statement: [] }), { says: "no JSON", kind: "cannot-decide" }),
    ],
  },
};
