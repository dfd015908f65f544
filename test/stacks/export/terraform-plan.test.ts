import { describe, expect, it } from "@jest/globals";
import type { GraphResource } from "../../../components/testing/index.ts";
import { toTerraformPlan } from "../../../stacks/export/terraform-plan.ts";
import { keptComponentGraphs, keptGraphs } from "../kept-graphs.ts";
import { graphOf, reference, resource } from "./graph.ts";

interface Change {
  address: string;
  change: { actions: string[]; before: null; after: object; after_unknown: object; after_sensitive: object };
}
interface Configured {
  address: string;
  expressions: Record<string, unknown>;
  depends_on?: string[];
}

function planOf(...resources: GraphResource[]) {
  const { plan, ...rest } = toTerraformPlan(graphOf(...resources));
  const changes = plan.resource_changes as Change[];
  const configured = plan.configuration.root_module.resources as Configured[];
  return {
    ...rest,
    addresses: changes.map(({ address }) => address),
    changeOf: (address: string) => changes.find((each) => each.address === address)!.change,
    configurationOf: (address: string) => configured.find((each) => each.address === address)!,
  };
}

const vpc = resource("aws:ec2/vpc:Vpc", "net", { cidrBlock: "10.0.0.0/16", tags: { Name: "net" } });

describe("a planned resource", () => {
  it("is created with Terraform's type and names; blocks are lists", () => {
    const { changeOf, unmapped } = planOf(
      resource("aws:lb/loadBalancer:LoadBalancer", "front", {
        enableHttp2: true,
        accessLogs: { bucket: "logs", enabled: true },
        subnetMappings: [{ subnetId: "subnet-1" }],
      }),
    );
    expect(unmapped).toEqual([]);
    expect(changeOf("aws_lb.front")).toEqual({
      actions: ["create"],
      before: null,
      after: {
        enable_http2: true,
        access_logs: [{ bucket: "logs", enabled: true }],
        subnet_mapping: [{ subnet_id: "subnet-1" }],
      },
      after_unknown: {},
      before_sensitive: false,
      after_sensitive: {},
    });
  });

  it("has what others fill in as unknown, and says in the configuration whose it is", () => {
    const { changeOf, configurationOf } = planOf(
      vpc,
      reference("aws:ec2/subnet:Subnet", "one", "vpcId", vpc, "id"),
    );
    expect(changeOf("aws_subnet.one")).toMatchObject({ after: {}, after_unknown: { vpc_id: true } });
    expect(configurationOf("aws_subnet.one").expressions).toEqual({
      vpc_id: { references: ["aws_vpc.net.id", "aws_vpc.net"] },
    });
  });

  it("keeps documents readable", () => {
    const bucket = resource("aws:s3/bucket:Bucket", "files", {});
    const policy = '{"Resource":"arn:aws:s3:eu-west-1:111122223333:bucket/files/*"}';
    const { changeOf } = planOf(
      bucket,
      resource(
        "aws:s3/bucketPolicy:BucketPolicy",
        "files-policy",
        { bucket: "files.id", policy },
        { bucket: [bucket], policy: [bucket] },
      ),
    );
    expect(changeOf("aws_s3_bucket_policy.files-policy")).toMatchObject({
      after: { policy },
      after_unknown: { bucket: true },
    });
  });

  it("does not hold a secret", () => {
    const { changeOf } = planOf(
      resource("aws:ssm/parameter:Parameter", "key", { type: "String", value: "[secret]" }),
    );
    expect(changeOf("aws_ssm_parameter.key")).toMatchObject({
      after: { type: "String" },
      after_unknown: { value: true },
      after_sensitive: { value: true },
    });
  });

  it("has an address of its own, and waits for what it depends on", () => {
    const topic = resource("aws:sns/topic:Topic", "a b", {});
    const other = resource("aws:sns/topic:Topic", "a@b", {}, {}, { dependsOn: [topic.urn] });
    const { addresses, configurationOf } = planOf(topic, other);
    expect(addresses).toEqual(["aws_sns_topic.a_b", "aws_sns_topic.a_b_2"]);
    expect(configurationOf("aws_sns_topic.a_b_2").depends_on).toEqual(["aws_sns_topic.a_b"]);
  });

  it.each<[string, GraphResource[], (string | undefined)[]]>([
    ["an unknown type", [resource("aws:no/such:Such", "a", {})], [undefined]],
    ["an unknown input", [resource("aws:ec2/vpc:Vpc", "a", { colour: "red" })], ["colour"]],
    [
      "a reference to an unknown output",
      [vpc, reference("aws:ec2/subnet:Subnet", "a", "vpcId", vpc, "colour")],
      ["vpcId"],
    ],
    ["other clouds", [resource("azure-native:storage:StorageAccount", "a", {})], []],
  ])("is said to be unmapped for %s", (_, resources, expected) => {
    expect(planOf(...resources).unmapped.map(({ property }) => property)).toEqual(expected);
  });
});

describe.each(keptGraphs())("%s", (_, graph) => {
  const { plan, unmapped } = toTerraformPlan(graph);

  it("has nothing unmapped, and every resource on AWS once", () => {
    expect(unmapped).toEqual([]);
    const count = graph.resources.filter(({ type, custom }) => custom && type.startsWith("aws:")).length;
    const addresses = new Set((plan.resource_changes as Change[]).map(({ address }) => address));
    expect([plan.resource_changes.length, addresses.size]).toEqual([count, count]);
  });

  it("refers to nothing that is not in it", () => {
    const addresses = new Set((plan.resource_changes as Change[]).map(({ address }) => address));
    const texts = [...JSON.stringify(plan.configuration).matchAll(/"(aws_\w+\.[\w-]+)[".]/g)];
    for (const [, address] of texts) expect(addresses).toContain(address);
  });
});

it("knows what the components of the library make", () => {
  const graphs = keptComponentGraphs();
  expect(graphs.length).toBeGreaterThan(10);
  for (const [file, graph] of graphs) expect([file, toTerraformPlan(graph).unmapped]).toEqual([file, []]);
});
