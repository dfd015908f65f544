import { type Given, given, type Table, when } from "../../../policies/testing/index.ts";

const group = (inputs: Record<string, unknown> = {}) =>
  given("aws:ec2/securityGroup:SecurityGroup", "group", { description: "Of the shop", ...inputs });
const inline = (rule: Record<string, unknown>, direction = "ingress") =>
  group({
    [direction]: [
      { description: "d", protocol: "tcp", fromPort: 443, toPort: 443, cidrBlocks: ["0.0.0.0/0"], ...rule },
    ],
  });
const old = (inputs: Record<string, unknown>) =>
  given(
    "aws:ec2/securityGroupRule:SecurityGroupRule",
    "rule",
    {
      type: "ingress",
      description: "d",
      protocol: "tcp",
      fromPort: 443,
      toPort: 443,
      cidrBlocks: ["0.0.0.0/0"],
      ...inputs,
    },
    { from: { securityGroupId: "group" } },
  );
const ingress = (inputs: Record<string, unknown> = {}, direction = "Ingress") =>
  given(
    `aws:vpc/securityGroup${direction}Rule:SecurityGroup${direction}Rule`,
    "rule",
    { description: "d", ipProtocol: "tcp", fromPort: 443, toPort: 443, cidrIpv4: "0.0.0.0/0", ...inputs },
    { from: { securityGroupId: "group" } },
  );
const list = (cidr: string) =>
  given("aws:ec2/managedPrefixList:ManagedPrefixList", "list", { entries: [{ cidr }] });
const entry = given(
  "aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry",
  "entry",
  { cidr: "0.0.0.0/0" },
  { from: { prefixListId: "list" } },
);
const listed = given(
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
  "rule",
  { description: "d", ipProtocol: "tcp", fromPort: 22, toPort: 22 },
  { from: { securityGroupId: "group", prefixListId: "list" } },
);
const balancer = given("aws:lb/loadBalancer:LoadBalancer", "lb", {}, { from: { securityGroups: "group" } });
const router = given(
  "aws:ec2/networkInterface:NetworkInterface",
  "nat",
  { sourceDestCheck: false },
  { from: { securityGroups: "group" } },
);

const vpc = given("aws:ec2/vpc:Vpc", "vpc", { cidrBlock: "10.0.0.0/16" });
const inVpc = (type: string, name: string, inputs: Record<string, unknown> = {}): Given =>
  given(type, name, inputs, { from: { vpcId: "vpc" } });
const flow = inVpc("aws:ec2/flowLog:FlowLog", "flow");
const closed = inVpc("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "default", {
  ingress: [],
  egress: [],
});
const subnet = (mapPublicIpOnLaunch: unknown) =>
  inVpc("aws:ec2/subnet:Subnet", "subnet", { mapPublicIpOnLaunch });
const endpoint = (serviceName: string) =>
  inVpc("aws:ec2/vpcEndpoint:VpcEndpoint", "endpoint", { serviceName });
const task = given("aws:ecs/taskDefinition:TaskDefinition", "task", {});
const logs = (inputs: Record<string, unknown>) => given("aws:cloudwatch/logGroup:LogGroup", "logs", inputs);
const production = { stack: "production" };

const key = (inputs: Record<string, unknown> = {}) =>
  given("aws:kms/key:Key", "key", { enableKeyRotation: true, ...inputs });
const allow = (action: unknown, resource: unknown, more: Record<string, unknown> = {}) =>
  JSON.stringify({ Statement: [{ Effect: "Allow", Action: action, Resource: resource, ...more }] });
const everyone = (condition?: unknown) =>
  allow("kms:*", "*", { Principal: { AWS: "*" }, ...(condition ? { Condition: condition } : {}) });
const secret = (inputs: Record<string, unknown> = {}) =>
  given("aws:secretsmanager/secret:Secret", "secret", inputs);
const rotates = (rotationRules: Record<string, unknown>) =>
  given(
    "aws:secretsmanager/secretRotation:SecretRotation",
    "rotation",
    { secretId: "x", rotationRules },
    { from: { secretId: "secret" } },
  );
const rotation = rotates({ automaticallyAfterDays: 30 });
const policy = (document: unknown, type = "aws:iam/policy:Policy") =>
  given(type, "policy", { policy: document });
const role = (inputs: Record<string, unknown>) => given("aws:iam/role:Role", "role", inputs);
const attach = (policyArn: string) =>
  given("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "a", { policyArn });

export const network: Record<string, Table> = {
  "security-groups": {
    good: [
      when("from a group", [
        group(),
        ingress({ cidrIpv4: undefined, referencedSecurityGroupId: "g", fromPort: 5432, toPort: 5432 }),
      ]),
      when("from a network", [inline({ cidrBlocks: ["10.0.0.0/8"], fromPort: 22, toPort: 22 })]),
      when("a load balancer at 443", [group(), ingress(), balancer]),
      when("a load balancer at 443, inline", [inline({}), balancer]),
      when("a load balancer at 443, by the old rule", [group(), old({}), balancer]),
      when("from a list of networks", [list("10.0.0.0/8"), group(), listed]),
      when("from private IPv6", [
        group(),
        ingress({ cidrIpv4: undefined, cidrIpv6: "fc00::/7", fromPort: 22, toPort: 22 }),
      ]),
      when("out to HTTPS", [group(), ingress({}, "Egress")]),
      when("what a router passes on", [
        group(),
        ingress({ ipProtocol: "-1", fromPort: undefined, toPort: undefined }, "Egress"),
        router,
      ]),
    ],
    bad: [
      when("SSH inline", [inline({ fromPort: 22, toPort: 22 })], { says: "port 22 to the world" }),
      when("SSH by the old rule", [group(), old({ fromPort: 22, toPort: 22 })], { says: "port 22" }),
      when("SSH by a rule", [group(), ingress({ fromPort: 22, toPort: 22 })], { says: "port 22" }),
      when(
        "by IPv6",
        [group(), ingress({ cidrIpv4: undefined, cidrIpv6: "::/0", fromPort: 22, toPort: 22 })],
        { says: "port 22" },
      ),
      when(
        "by IPv6 inline",
        [inline({ cidrBlocks: [], ipv6CidrBlocks: ["::/0"], fromPort: 3389, toPort: 3389 })],
        { says: "port 3389" },
      ),
      when("a range with 443 in it", [group(), ingress({ fromPort: 80, toPort: 443 }), balancer], {
        says: "ports 80 to 443",
      }),
      when("every port", [inline({ protocol: "-1", fromPort: 0, toPort: 0 }), balancer], {
        says: "all ports",
      }),
      when("443 and no load balancer", [group(), ingress()], { says: "no load balancer's" }),
      when("a list of networks with the world", [list("0.0.0.0/0"), group(), listed], { says: "port 22" }),
      when("a list of networks that gets the world", [list("10.0.0.0/8"), entry, group(), listed], {
        says: "port 22",
      }),
      when(
        "a list of networks, inline",
        [
          list("::/0"),
          {
            ...inline({ cidrBlocks: [], prefixListIds: ["x"], fromPort: 22, toPort: 22 }),
            from: { ingress: "list" },
          },
        ],
        { says: "port 22" },
      ),
      when("half of the world", [group(), ingress({ cidrIpv4: "128.0.0.0/1", fromPort: 22, toPort: 22 })], {
        says: "port 22",
      }),
      when("everything out inline", [inline({ protocol: "-1", fromPort: 0, toPort: 0 }, "egress")], {
        says: "lets everything out",
      }),
      when("everything out by a rule", [group(), ingress({ ipProtocol: "-1" }, "Egress")], {
        says: "lets everything out",
      }),
      when("everything out by the old rule", [group(), old({ type: "egress", protocol: "all" })], {
        says: "lets everything out",
      }),
      when("all ports of TCP out", [inline({ fromPort: 0, toPort: 65535 }, "egress")], {
        says: "lets everything out",
      }),
      when("a group without words", [group({ description: undefined })], { says: "is not described" }),
      when("a rule without words", [group(), ingress({ description: undefined, cidrIpv4: "10.0.0.0/8" })], {
        says: "rule that is not described",
      }),
    ],
  },
  "vpc-networks": {
    good: [when("all set", [vpc, flow, closed, subnet(false)])],
    bad: [
      when("no flow log", [vpc, closed], { says: "no flow log" }),
      when("the default group left", [vpc, flow], { says: "default group open" }),
      when("the default group open", [vpc, flow, { ...closed, inputs: { ingress: [{ self: true }] } }], {
        says: "open by default",
      }),
      when("the default group open outwards", [vpc, flow, { ...closed, inputs: { egress: [{}] } }], {
        says: "open by default",
      }),
      when("public addresses", [vpc, flow, closed, subnet(true)], { says: "public addresses" }),
    ],
  },
  "vpc-endpoints": {
    good: [when("not used", [vpc]), when("there", [vpc, task, endpoint("com.amazonaws.eu-west-1.s3")])],
    bad: [
      when("images", [vpc, task], { says: "no endpoint for s3" }),
      when("another's", [vpc, task, endpoint("com.amazonaws.eu-west-1.ecr.api")], {
        says: "no endpoint for s3",
      }),
      when("a table", [vpc, given("aws:dynamodb/table:Table", "t", {})], { says: "dynamodb" }),
    ],
  },
  "log-retention": {
    good: [
      when("a year", [logs({ retentionInDays: 365 })], production),
      when("a week in dev", [logs({ retentionInDays: 7 })]),
      when("a key", [logs({ retentionInDays: 7, kmsKeyId: "k" })], { settings: { key: true } }),
    ],
    bad: [
      when("for ever", [logs({})], { says: "for ever" }),
      when("for ever by a number", [logs({ retentionInDays: 0 })], { says: "for ever" }),
      when("a month", [logs({ retentionInDays: 30 })], { says: "30 days, not 365", ...production }),
      when("a day", [logs({ retentionInDays: 1 })], { says: "1 days, not 7" }),
      when("no key", [logs({ retentionInDays: 7 })], { says: "a key of yours", settings: { key: true } }),
    ],
  },
  "keys-and-secrets": {
    good: [
      when("rotates", [key(), secret(), rotation]),
      when("rotates by a schedule", [secret(), rotates({ scheduleExpression: "rate(10 days)" })]),
      when("rotates by a calendar", [secret(), rotates({ scheduleExpression: "cron(0 4 1 * ? *)" })]),
      when("signs", [
        key({ enableKeyRotation: false, keyUsage: "SIGN_VERIFY", customerMasterKeySpec: "ECC_NIST_P256" }),
      ]),
      when("everyone of an account", [
        key({ policy: everyone({ StringEquals: { "kms:CallerAccount": "1" } }) }),
      ]),
      when("rotates by hand, and says so", [secret({ tags: { "roost:rotation": "by hand" } })]),
    ],
    bad: [
      when("not said", [key({ enableKeyRotation: undefined })], { says: "does not rotate" }),
      when("turned off", [key({ enableKeyRotation: false })], { says: "does not rotate" }),
      when("everyone", [key({ policy: everyone() })], { says: "serves everyone" }),
      when(
        "everyone on a weak condition",
        [key({ policy: everyone({ StringLike: { "kms:ViaService": "s3*" } }) })],
        { says: "serves everyone" },
      ),
      when("everyone, separate", [given("aws:kms/keyPolicy:KeyPolicy", "p", { policy: everyone() })], {
        says: "serves everyone",
      }),
      when(
        "everyone but those of an account",
        [key({ policy: everyone({ StringNotEquals: { "kms:CallerAccount": "1" } }) })],
        { says: "serves everyone" },
      ),
      when("everyone, of a copy", [given("aws:kms/replicaKey:ReplicaKey", "p", { policy: everyone() })], {
        says: "serves everyone",
      }),
      when("a secret", [secret()], { says: "does not rotate" }),
      when("once a year", [secret(), rotates({ automaticallyAfterDays: 365 })], { says: "every 365 days" }),
      when("once a year, by a schedule", [secret(), rotates({ scheduleExpression: "rate(365 days)" })], {
        says: "every 365 days",
      }),
      when("less often than is set", [secret(), rotation], {
        says: "every 30 days",
        settings: { rotationDays: 7 },
      }),
    ],
  },
  "iam-least-privilege": {
    good: [
      when("named", [policy(allow("s3:GetObject", "arn:aws:s3:::a/*"))]),
      when("what has no resource", [policy(allow("ecr:GetAuthorizationToken", "*"))]),
      when("a deny", [policy(JSON.stringify({ Statement: { Effect: "Deny", Action: "*", Resource: "*" } }))]),
      when("a boundary", [role({ permissionsBoundary: "b" })], { settings: { boundary: true } }),
      when("a policy of AWS for one service", [
        attach("arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"),
      ]),
    ],
    bad: [
      when("everything", [policy(allow("*", "*"))], { says: "allows everything" }),
      when(
        "everything, as an object",
        [policy({ Statement: [{ Effect: "Allow", Action: ["*"], Resource: ["*"] }] })],
        { says: "allows everything" },
      ),
      when(
        "everything but",
        [policy(JSON.stringify({ Statement: { Effect: "Allow", NotAction: "iam:*", Resource: "*" } }))],
        { says: "allows everything" },
      ),
      when(
        "everywhere but",
        [policy(JSON.stringify({ Statement: { Effect: "Allow", Action: "*", NotResource: "a" } }))],
        { says: "allows everything" },
      ),
      when("a whole service", [policy(allow("s3:*", "*"), "aws:iam/userPolicy:UserPolicy")], {
        says: "s3:*",
      }),
      when("every key", [policy(allow("kms:Decrypt", "*"), "aws:iam/rolePolicy:RolePolicy")], {
        says: "every key",
      }),
      when("every key, by a pattern", [policy(allow("kms:De*", "*"))], { says: "every key" }),
      when("every key of an account", [policy(allow("kms:Decrypt", "arn:aws:kms:eu-west-1:1:key/*"))], {
        says: "every key",
      }),
      when("inline", [role({ inlinePolicies: [{ policy: allow("*", "*") }] })], {
        says: "allows everything",
      }),
      when("an administrator", [attach("arn:aws:iam::aws:policy/AdministratorAccess")], {
        says: "administrator",
      }),
      when(
        "an administrator, in the role",
        [role({ managedPolicyArns: ["arn:aws:iam::aws:policy/PowerUserAccess"] })],
        { says: "administrator" },
      ),
      when("no boundary", [role({})], { says: "no permissions boundary", settings: { boundary: true } }),
      when("not known", [policy("[unknown]")], { says: "policy", kind: "cannot-decide" }),
    ],
  },
};
