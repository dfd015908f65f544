import { describe, expect, it } from "@jest/globals";
import { AlarmChoice, Exposure, LoadBalancer, type LoadBalancerArgs } from "../../../components/index.ts";
import { LOAD_BALANCER_ROLES } from "../../../components/load-balancer/check.ts";
import { children, find, type Graph, namingFaults, record } from "../../../components/testing/index.ts";
import { expectGolden } from "../../support/golden.ts";

const network = {
  vpcId: "vpc-1",
  cidr: "10.0.0.0/16",
  publicSubnetIds: ["subnet-public"],
  privateSubnetIds: ["subnet-private"],
  dataSubnetIds: ["subnet-data"],
};
const certificateArn = "arn:aws:acm:eu-west-1:111122223333:certificate/one";
const LISTENER = "aws:lb/listener:Listener";
const INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";

function balancer(args: Partial<LoadBalancerArgs> = {}): Promise<Graph> {
  return record(() => {
    const { listenerArn, testListenerArn, securityGroupId, dnsName } = new LoadBalancer("front", {
      network,
      exposure: Exposure.public,
      accountId: "111122223333",
      region: "eu-west-1",
      certificateArn,
      alarms: { choice: AlarmChoice.none },
      ...args,
    });
    return { listenerArn, testListenerArn, securityGroupId, dnsName };
  });
}

const ofType = (graph: Graph, type: string) => graph.resources.filter((resource) => resource.type === type);

describe("LoadBalancer", () => {
  it("makes exactly what a public load balancer needs", async () => {
    const graph = await balancer();
    expect(children(graph, "front")).toEqual([
      "aws:cloudwatch/logGroup:LogGroup front-waf-logs",
      "aws:ec2/securityGroup:SecurityGroup front-group",
      "aws:lb/listener:Listener front-http",
      "aws:lb/listener:Listener front-https",
      "aws:lb/loadBalancer:LoadBalancer front-balancer",
      "aws:s3/bucket:Bucket front-logs",
      "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration front-logs-lifecycle",
      "aws:s3/bucketOwnershipControls:BucketOwnershipControls front-logs-ownership",
      "aws:s3/bucketPolicy:BucketPolicy front-logs-policy",
      "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock front-logs-access",
      "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration front-logs-encryption",
      "aws:s3/bucketVersioning:BucketVersioning front-logs-versioning",
      "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule front-from-anywhere-443",
      "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule front-from-anywhere-80",
      "aws:wafv2/webAcl:WebAcl front-waf",
      "aws:wafv2/webAclAssociation:WebAclAssociation front-waf-association",
      "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration front-waf-logging",
    ]);
    expect(namingFaults(graph)).toEqual([]);
    expect(graph.outputs).toMatchObject({ securityGroupId: "front-group.id", testListenerArn: "" });
  });

  it("speaks HTTPS only, and answers nothing that no service asked for", async () => {
    const graph = await balancer();
    expect(find(graph, LISTENER, "front-http").inputs).toMatchObject({
      port: 80,
      defaultActions: [
        { type: "redirect", redirect: { protocol: "HTTPS", port: "443", statusCode: "HTTP_301" } },
      ],
    });
    expect(find(graph, LISTENER, "front-https").inputs).toMatchObject({
      port: 443,
      protocol: "HTTPS",
      sslPolicy: "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
      certificateArn,
      defaultActions: [{ type: "fixed-response", fixedResponse: { statusCode: "404" } }],
      routingHttpResponseServerEnabled: false,
    });
  });

  it("is hardened, protected and logged unless told otherwise", async () => {
    const graph = await balancer();
    expect(find(graph, "aws:lb/loadBalancer:LoadBalancer")).toMatchObject({
      inputs: {
        internal: false,
        subnets: ["subnet-public"],
        dropInvalidHeaderFields: true,
        desyncMitigationMode: "defensive",
        enableDeletionProtection: true,
        enableZonalShift: true,
        accessLogs: { bucket: "front-logs.id", enabled: true, prefix: "access" },
        connectionLogs: { bucket: "front-logs.id", enabled: true, prefix: "connection" },
      },
      dependsOn: [find(graph, "aws:s3/bucketPolicy:BucketPolicy").urn],
    });
  });

  it("lets exactly this account's load balancers write logs, and nobody without TLS read them", async () => {
    const policy = find(await balancer(), "aws:s3/bucketPolicy:BucketPolicy").inputs.policy as string;
    const bucket = "arn:aws:s3:eu-west-1:111122223333:bucket/front-logs";
    const delivery = (prefix: string) => ({
      Effect: "Allow",
      Principal: { Service: "logdelivery.elasticloadbalancing.amazonaws.com" },
      Action: "s3:PutObject",
      Resource: `${bucket}/${prefix}/AWSLogs/111122223333/*`,
      Condition: {
        StringEquals: { "aws:SourceAccount": "111122223333" },
        ArnLike: { "aws:SourceArn": "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/*" },
      },
    });
    expect(JSON.parse(policy).Statement).toEqual([
      {
        Sid: "TlsOnly",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [bucket, `${bucket}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
      delivery("access"),
      delivery("connection"),
    ]);
  });

  it("puts the firewall's rules in front, and lets one of them only count", async () => {
    const waf = {
      requestsPerFiveMinutes: 500,
      countOnly: { SizeRestrictions_BODY: "AWSManagedRulesCommonRuleSet" },
    };
    const rules = find(await balancer({ waf }), "aws:wafv2/webAcl:WebAcl").inputs.rules as {
      name: string;
      statement: {
        rateBasedStatement?: unknown;
        managedRuleGroupStatement?: { ruleActionOverrides?: unknown };
      };
    }[];
    expect(rules.map(({ name }) => name)).toEqual([
      "rate",
      "AWSManagedRulesAmazonIpReputationList",
      "AWSManagedRulesKnownBadInputsRuleSet",
      "AWSManagedRulesCommonRuleSet",
    ]);
    expect(rules[0]?.statement.rateBasedStatement).toMatchObject({ limit: 500, aggregateKeyType: "IP" });
    expect(rules[3]?.statement.managedRuleGroupStatement?.ruleActionOverrides).toEqual([
      { name: "SizeRestrictions_BODY", actionToUse: { count: {} } },
    ]);
    expect(
      find(await balancer(), "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration").inputs
        .redactedFields,
    ).toEqual([{ singleHeader: { name: "authorization" } }, { singleHeader: { name: "cookie" } }]);
  });

  it("stays inside when it is internal", async () => {
    const graph = await balancer({ exposure: Exposure.internal, testPort: 8443 });
    expect(find(graph, "aws:lb/loadBalancer:LoadBalancer").inputs).toMatchObject({
      internal: true,
      subnets: ["subnet-private"],
    });
    expect(ofType(graph, INGRESS).map(({ name, inputs }) => [name, inputs.cidrIpv4])).toEqual([
      ["front-from-network-443", "10.0.0.0/16"],
      ["front-from-network-80", "10.0.0.0/16"],
      ["front-from-network-test", "10.0.0.0/16"],
    ]);
    expect(ofType(graph, "aws:wafv2/webAcl:WebAcl")).toEqual([]);
    expect(find(graph, LISTENER, "front-test").inputs).toMatchObject({ port: 8443, protocol: "HTTPS" });
  });

  it("names each source after itself, so that another source moves no rule", async () => {
    const rules = async (ingress: LoadBalancerArgs["ingress"]) =>
      ofType(await balancer({ ingress }), INGRESS).map(({ name }) => name);
    const before = await rules({ cidrs: ["198.51.100.0/24"] });
    const after = await rules({
      cidrs: ["192.0.2.0/24", "198.51.100.0/24"],
      prefixListIds: { cdn: "pl-1" },
      securityGroupIds: { peer: "sg-1" },
    });
    expect(before).toEqual(["front-from-198.51.100.0-24-443", "front-from-198.51.100.0-24-80"]);
    expect(after).toEqual(expect.arrayContaining(before));
    expect(after).toHaveLength(8);
    expect(await rules({})).toEqual([]);
  });

  it("makes its alarms for the topics that are given", async () => {
    const alarms = { choice: AlarmChoice.notify, topicArns: ["arn:aws:sns:eu-west-1:111122223333:ops"] };
    const made = ofType(await balancer({ alarms }), "aws:cloudwatch/metricAlarm:MetricAlarm");
    expect(made.map(({ name }) => name)).toEqual([
      "front-alarm-errors",
      "front-alarm-rejected",
      "front-alarm-slow",
      "front-alarm-target-errors",
    ]);
    for (const { inputs } of made) {
      expect(inputs).toMatchObject({
        alarmActions: alarms.topicArns,
        dimensions: { LoadBalancer: expect.any(String) },
      });
    }
  });

  it("knows each role of its children", async () => {
    const overrides = Object.fromEntries(
      LOAD_BALANCER_ROLES.map((role) => [role, { tags: { marked: "yes" } }]),
    );
    const alarms = { choice: AlarmChoice.notify, topicArns: ["arn"] };
    const graph = await balancer({ overrides, alarms, testPort: 8443 });
    const marked = graph.resources.filter(({ inputs }) => JSON.stringify(inputs.tags) === '{"marked":"yes"}');
    const types = new Set(marked.map(({ type, name }) => (type === LISTENER ? name : type)));
    expect(types.size).toBe(LOAD_BALANCER_ROLES.length);
  });

  it.each<[string, Partial<LoadBalancerArgs>, RegExp]>([
    [
      "a certificate of another region",
      { certificateArn: certificateArn.replace("eu-west-1", "us-east-1") },
      /certificateArn is "arn:aws:acm:us-east-1:.*allowed: the ARN of a certificate in eu-west-1/,
    ],
    [
      "a network without public subnets",
      { network: { ...network, publicSubnetIds: [] } },
      /publicSubnetIds is \[\]; allowed: subnets of two zones/,
    ],
    ["what is no certificate", { certificateArn: "one" }, /certificateArn is "one"/],
    ["an unknown region", { region: "eu-moon-1" }, /region is "eu-moon-1"; allowed: a region of AWS/],
    [
      "an account that is none",
      { accountId: "1" },
      /accountId is "1"; allowed: an account number of 12 digits/,
    ],
    [
      "exposure that is not chosen",
      { exposure: undefined },
      /exposure is missing; allowed: one of public, internal/,
    ],
    [
      "alarms that are not chosen",
      { alarms: undefined },
      /alarms\.choice is missing; allowed: one of notify, none/,
    ],
    ["alarms that nobody hears", { alarms: { choice: "notify" } }, /alarms\.topicArns is \[\]/],
    [
      "an old TLS policy",
      { tlsPolicy: "ELBSecurityPolicy-2016-08" as never },
      /tlsPolicy is "ELBSecurityPolicy-2016/,
    ],
    [
      "a time-out out of range",
      { idleTimeoutSeconds: 0 },
      /idleTimeoutSeconds is 0; allowed: .*1 to 4000 seconds/,
    ],
    ["test traffic on the users' port", { testPort: 443 }, /testPort is 443/],
    [
      "a source that is no range",
      { ingress: { cidrs: ["10.0.0.1/8"] } },
      /ingress\.cidrs\[0\] is "10.0.0.1\/8"/,
    ],
    [
      "a rate that WAF refuses",
      { waf: { requestsPerFiveMinutes: 5 } },
      /requestsPerFiveMinutes is 5; allowed: /,
    ],
    ["a rule of an unknown group", { waf: { countOnly: { X: "Y" } } }, /waf\.countOnly\.X is "Y"/],
    [
      "an unknown role",
      { overrides: { lb: {} } },
      /overrides\.lb is "lb"; allowed: a child role: loadBalancer/,
    ],
  ])("refuses %s", async (_, args, fault) => {
    await expect(balancer(args)).rejects.toThrow(fault);
  });

  it("makes the recorded production load balancer", async () => {
    const graph = await balancer({
      alarms: { choice: AlarmChoice.notify, topicArns: ["arn:aws:sns:eu-west-1:111122223333:ops"] },
      testPort: 8443,
      dualStack: true,
      moreCertificateArns: { shop: certificateArn.replace("one", "two") },
    });
    expectGolden(graph, "test/components/load-balancer/fixtures/production.json");
  });
});
