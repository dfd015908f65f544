import { describe, expect, it } from "@jest/globals";
import type { Graph, GraphResource, Json } from "../../../components/testing/index.ts";
import { toCloudFormation } from "../../../stacks/export/cloudformation.ts";
import { keptComponentGraphs, keptGraphs } from "../kept-graphs.ts";
import { graphOf, reference, resource } from "./graph.ts";

const vpc = resource("aws:ec2/vpc:Vpc", "net", { cidrBlock: "10.0.0.0/16", tags: { Name: "net" } });

/** Properties of the one resource of a type, in whichever template it is. */
function propertiesOf(graph: Graph, type: string): { [name: string]: Json } {
  const { templates } = toCloudFormation(graph);
  const found = Object.values(templates).flatMap(({ Resources }) => Object.values(Resources));
  return found.find(({ Type }) => Type === type)!.Properties;
}

describe("a resource", () => {
  it("has CloudFormation's type, names and shapes, and a name of its own", () => {
    expect(toCloudFormation(graphOf(vpc)).templates.home!.Resources).toEqual({
      NetVPC: {
        Type: "AWS::EC2::VPC",
        Properties: { CidrBlock: "10.0.0.0/16", Tags: [{ Key: "Name", Value: "net" }] },
      },
    });
  });

  it("refers to others as the graph says, also within texts and documents", () => {
    const role = resource("aws:iam/role:Role", "worker", { assumeRolePolicy: '{"Statement":[]}' });
    const bucket = resource("aws:s3/bucket:Bucket", "files", {});
    const arn = "arn:aws:s3:eu-west-1:111122223333:bucket/files";
    const policy = resource(
      "aws:iam/rolePolicy:RolePolicy",
      "worker-may",
      {
        role: "worker.id",
        policy: JSON.stringify({ Resource: [arn, `${arn}/\${aws:username}/*`], Other: "files.id" }),
      },
      { role: [role], policy: [bucket] },
    );
    expect(propertiesOf(graphOf(role, bucket, policy), "AWS::IAM::RolePolicy")).toEqual({
      PolicyName: "worker-may",
      RoleName: { Ref: "WorkerRole" },
      PolicyDocument: {
        Resource: [
          { "Fn::GetAtt": ["FilesBucket", "Arn"] },
          { "Fn::Sub": `\${FilesBucket.Arn}/\${!aws:username}/*` },
        ],
        Other: { Ref: "FilesBucket" },
      },
    });
  });

  it("is found through what others hand on, and by type where two share a name", () => {
    const topic = resource("aws:sns/topic:Topic", "shop", {});
    const log = resource("aws:cloudwatch/logGroup:LogGroup", "shop", {});
    const alarm = resource(
      "aws:cloudwatch/metricAlarm:MetricAlarm",
      "shop-alarm",
      {
        alarmActions: ["arn:aws:sns:eu-west-1:111122223333:topic/shop"],
        dimensions: { Log: "shop.name" },
        comparisonOperator: "GreaterThanThreshold",
        evaluationPeriods: 1,
      },
      { alarmActions: [topic], dimensions: [log] },
    );
    const made = propertiesOf(graphOf(topic, log, alarm), "AWS::CloudWatch::Alarm");
    expect(made.AlarmActions).toEqual([{ Ref: "ShopTopic" }]);
    expect(made.Dimensions).toEqual([{ Name: "Log", Value: { Ref: "ShopLogGroup" } }]);
  });

  it("is told on another one where CloudFormation has it as a property", () => {
    const bucket = resource("aws:s3/bucket:Bucket", "files", {});
    const versioning = resource(
      "aws:s3/bucketVersioning:BucketVersioning",
      "files-versioning",
      { bucket: "files.id", versioningConfiguration: { status: "Enabled" } },
      { bucket: [bucket] },
    );
    const { templates, unmapped } = toCloudFormation(graphOf(bucket, versioning));
    expect(unmapped).toEqual([]);
    expect(templates.home!.Resources).toEqual({
      FilesBucket: {
        Type: "AWS::S3::Bucket",
        Properties: { VersioningConfiguration: { Status: "Enabled" } },
      },
    });
  });

  it("is an entry of a list there, one for each", () => {
    const bucket = resource("aws:s3/bucket:Bucket", "files", {});
    const metric = (name: string, inputs = {}) =>
      resource(
        "aws:s3/bucketMetric:BucketMetric",
        name,
        { bucket: "files.id", ...inputs },
        { bucket: [bucket] },
      );
    const graph = graphOf(bucket, metric("all"), metric("docs", { name: "d", filter: { prefix: "docs/" } }));
    expect(propertiesOf(graph, "AWS::S3::Bucket").MetricsConfigurations).toEqual([
      { Id: "all" },
      { Id: "d", Prefix: "docs/" },
    ]);
  });

  it("joins what several inputs say of one property", () => {
    const service = resource("aws:ecs/service:Service", "web", {
      deploymentCircuitBreaker: { enable: true, rollback: true },
      deploymentConfiguration: { strategy: "ROLLING" },
      deploymentMaximumPercent: 200,
    });
    expect(propertiesOf(graphOf(service), "AWS::ECS::Service").DeploymentConfiguration).toEqual({
      DeploymentCircuitBreaker: { Enable: true, Rollback: true },
      MaximumPercent: 200,
      Strategy: "ROLLING",
    });
  });

  it("brings what CloudFormation needs beside", () => {
    const gateway = resource(
      "aws:ec2/internetGateway:InternetGateway",
      "way",
      { vpcId: "net.id" },
      { vpcId: [vpc] },
    );
    expect(toCloudFormation(graphOf(vpc, gateway)).templates.home!.Resources.WayVPCGatewayAttachment).toEqual(
      {
        Type: "AWS::EC2::VPCGatewayAttachment",
        Properties: { InternetGatewayId: { Ref: "WayInternetGateway" }, VpcId: { Ref: "NetVPC" } },
      },
    );
  });

  it("waits for what it depends on, when no reference says so already", () => {
    const topic = resource("aws:sns/topic:Topic", "news", {});
    const queue = resource(
      "aws:sqs/queue:Queue",
      "mail",
      {},
      {},
      { dependsOn: [topic.urn, "urn:elsewhere"] },
    );
    const { MailQueue } = toCloudFormation(graphOf(topic, queue)).templates.home!.Resources;
    expect(MailQueue!.DependsOn).toEqual(["NewsTopic"]);
    const subscription = resource(
      "aws:sns/topicSubscription:TopicSubscription",
      "mail",
      { topic: "news.arn", protocol: "email", endpoint: "someone@example.com" },
      { topic: [topic] },
      { dependsOn: [topic.urn] },
    );
    const { MailSubscription } = toCloudFormation(graphOf(topic, subscription)).templates.home!.Resources;
    expect(MailSubscription!.DependsOn).toBeUndefined();
  });

  it("waits for nothing that needs it, also where a part of it did", () => {
    const bucket = resource("aws:s3/bucket:Bucket", "files", { bucket: "files" });
    const of = { bucket: "files.id" };
    const needs = { bucket: [bucket] };
    const policy = resource("aws:s3/bucketPolicy:BucketPolicy", "files", { ...of, policy: "{}" }, needs);
    const ownership = resource(
      "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
      "files",
      { ...of, rule: { objectOwnership: "BucketOwnerEnforced" } },
      needs,
      { dependsOn: [policy.urn] },
    );
    const { FilesBucket } = toCloudFormation(graphOf(bucket, policy, ownership)).templates.home!.Resources;
    expect(FilesBucket!.Properties.OwnershipControls).toBeDefined();
    expect(FilesBucket!.DependsOn).toBeUndefined();
  });

  it.each([
    [{ protect: true }, {}, "Retain"],
    [{ retainOnDelete: true }, {}, "Retain"],
    [{}, { skipFinalSnapshot: false }, "Snapshot"],
    [{}, { skipFinalSnapshot: true }, "Delete"],
  ])("with options %j and inputs %j is, when deleted: %s", (options, inputs, policy) => {
    const database = resource(
      "aws:rds/instance:Instance",
      "data",
      { instanceClass: "db.t4g.micro", ...inputs },
      {},
      { options },
    );
    const { DataDBInstance } = toCloudFormation(graphOf(database)).templates.home!.Resources;
    expect([DataDBInstance!.DeletionPolicy, DataDBInstance!.UpdateReplacePolicy]).toEqual([policy, policy]);
  });

  it("does not hold a secret", () => {
    const secret = resource("aws:ssm/parameter:Parameter", "key", { type: "String", value: "[secret]" });
    const { Resources, Parameters } = toCloudFormation(graphOf(secret)).templates.home!;
    expect(Resources.KeyParameter!.Properties.Value).toEqual({ Ref: "KeyParameterValue" });
    expect(Parameters!.KeyParameterValue).toMatchObject({ Type: "String", NoEcho: true });
  });
});

describe("regions", () => {
  const here = resource("aws:ec2/subnet:Subnet", "one", { availabilityZone: "eu-west-1a", vpcId: "vpc-1" });
  const waf = resource("aws:wafv2/webAcl:WebAcl", "wall", { region: "us-east-1", scope: "CLOUDFRONT" });
  const cdn = resource(
    "aws:cloudfront/distribution:Distribution",
    "cdn",
    { webAclId: "arn:aws:wafv2:us-east-1:111122223333:webAcl/wall" },
    { webAclId: [waf] },
  );

  it("have a template each, that of the zones for those that name none", () => {
    const { templates } = toCloudFormation(graphOf(here, waf, cdn));
    expect(
      Object.entries(templates).map(([region, { Resources }]) => [region, Object.keys(Resources)]),
    ).toEqual([
      ["eu-west-1", ["CdnDistribution", "OneSubnet"]],
      ["us-east-1", ["WallWebACL"]],
    ]);
  });

  it("refer to each other by an output on one side and a parameter on the other", () => {
    const { templates } = toCloudFormation(graphOf(here, waf, cdn));
    expect(templates["us-east-1"]!.Outputs!.WallWebACLArn!.Value).toEqual({
      "Fn::GetAtt": ["WallWebACL", "Arn"],
    });
    expect(templates["eu-west-1"]!.Parameters!.WallWebACLArn!.Type).toBe("String");
    expect(templates["eu-west-1"]!.Resources.CdnDistribution!.Properties).toEqual({
      DistributionConfig: { WebACLId: { Ref: "WallWebACLArn" } },
    });
  });

  it("can be named, and else are unknown", () => {
    expect(Object.keys(toCloudFormation(graphOf(vpc)).templates)).toEqual(["home"]);
    expect(Object.keys(toCloudFormation(graphOf(vpc), { region: "us-east-1" }).templates)).toEqual([
      "us-east-1",
    ]);
  });
});

describe("what has no counterpart", () => {
  const reasons = (...resources: GraphResource[]) => {
    const { unmapped, omitted } = toCloudFormation(graphOf(...resources));
    return {
      unmapped: unmapped.map(({ property }) => property),
      omitted: omitted.map(({ property }) => property),
    };
  };

  it.each<[string, GraphResource[], ReturnType<typeof reasons>]>([
    ["an unknown type", [resource("aws:no/such:Such", "a", {})], { unmapped: [undefined], omitted: [] }],
    [
      "an unknown input",
      [resource("aws:ec2/vpc:Vpc", "a", { colour: "red" })],
      { unmapped: ["colour"], omitted: [] },
    ],
    [
      "an unknown input within",
      [
        resource("aws:ecs/taskDefinition:TaskDefinition", "a", {
          containerDefinitions: '[{"name":"a","colour":1}]',
        }),
      ],
      { unmapped: ["containerDefinitions.colour"], omitted: [] },
    ],
    [
      "what is about Pulumi alone",
      [resource("aws:s3/bucket:Bucket", "a", { forceDestroy: true })],
      { unmapped: [], omitted: ["forceDestroy"] },
    ],
    [
      "a type that needs none",
      [resource("aws:acm/certificateValidation:CertificateValidation", "a", {})],
      { unmapped: [], omitted: [undefined] },
    ],
    [
      "a part of what is not in this stack",
      [resource("aws:s3/bucketVersioning:BucketVersioning", "a", { bucket: "other" })],
      { unmapped: ["bucket"], omitted: [] },
    ],
    [
      "a reference to an output that has none",
      [vpc, reference("aws:ec2/subnet:Subnet", "a", "vpcId", vpc, "ownerId")],
      { unmapped: ["vpcId"], omitted: [] },
    ],
    [
      "other clouds",
      [resource("azure-native:storage:StorageAccount", "a", {})],
      { unmapped: [], omitted: [] },
    ],
  ])("%s", (_, resources, expected) => {
    expect(reasons(...resources)).toEqual(expected);
  });
});

describe.each(keptGraphs())("%s", (_, graph) => {
  const { templates, unmapped } = toCloudFormation(graph);
  const all = Object.values(templates).flatMap(({ Resources }) => Object.values(Resources));

  it("has nothing unmapped", () => {
    expect(unmapped).toEqual([]);
    expect(all.length > 0).toBe(graph.resources.some(({ type }) => type.startsWith("aws:")));
  });

  it("keeps no text that the recording made up", () => {
    const texts = JSON.stringify(templates);
    for (const { type, name, custom } of graph.resources) {
      if (!custom || !type.startsWith("aws:")) continue;
      expect(texts).not.toContain(`"${name}.`);
      expect(texts).not.toMatch(new RegExp(`111122223333:[A-Za-z]+/${name.replace(/[.@]/g, "\\$&")}[":/]`));
    }
  });
});

it("knows what the components of the library make", () => {
  const graphs = keptComponentGraphs();
  expect(graphs.length).toBeGreaterThan(10);
  for (const [file, graph] of graphs) expect([file, toCloudFormation(graph).unmapped]).toEqual([file, []]);
});
