import { z } from "zod";
import type { Resource } from "../../rule.ts";
import { resourceRule } from "../../rule.ts";
import { stackOf } from "../../values.ts";

/** What is paid for, or holds data, and takes tags. */
const tagged = [
  "aws:backup/Vault",
  "aws:ec2/Eip",
  "aws:ec2/Instance",
  "aws:ec2/NatGateway",
  "aws:ec2/Volume",
  "aws:ec2/Vpc",
  "aws:ec2/VpcEndpoint",
  "aws:ecr/Repository",
  "aws:ecs/Cluster",
  "aws:ecs/Service",
  "aws:ecs/TaskDefinition",
  "aws:efs/FileSystem",
  "aws:eks/Cluster",
  "aws:elasticache/ReplicationGroup",
  "aws:cloudfront/Distribution",
  "aws:cloudwatch/LogGroup",
  "aws:dynamodb/Table",
  "aws:kms/Key",
  "aws:lambda/Function",
  "aws:lb/LoadBalancer",
  "aws:mq/Broker",
  "aws:opensearch/Domain",
  "aws:rds/Cluster",
  "aws:rds/ClusterInstance",
  "aws:rds/Instance",
  "aws:s3/Bucket",
  "aws:secretsmanager/Secret",
  "aws:sns/Topic",
  "aws:sqs/Queue",
  "aws:wafv2/WebAcl",
  "azure-native:cdn/Profile",
  "azure-native:resources/ResourceGroup",
  "azure-native:storage/StorageAccount",
];

const config = z.object({
  tags: z
    .record(z.string(), z.string())
    .default({})
    .describe("Tags and their values that everything is given, such as owner and cost-center."),
  required: z.array(z.string()).default([]).describe("Tags that everything must bring by itself."),
});
type Config = z.output<typeof config>;

/** Azure refuses colons nowhere, but DNS zones and some others do: there the stage's tag has a dash. */
function stageTag(kind: string): string {
  return kind.startsWith("azure-native:") ? "roost-stage" : "roost:stage";
}

function wanted(resource: Resource, { tags }: Config): Record<string, string> {
  return { [stageTag(resource.kind)]: stackOf(resource), ...tags };
}

export const tags = resourceRule({
  id: "tags",
  title: "What costs or holds data says which stage it belongs to, and what else is asked",
  severity: "low",
  level: "remediate",
  frameworks: ["own"],
  remediation:
    "Nothing, where the policy may repair: it adds the stage and the configured tags. Else add them.",
  kinds: tagged,
  config,
  check(resource, { found, config }) {
    const given = tagNames(resource);
    const asked = new Set([...Object.keys(wanted(resource, config)), ...config.required]);
    const missing = [...asked].filter((name) => !given.has(name));
    if (missing.length > 0) found(`has no tag ${missing.join(", ")}`, "tags");
  },
  remedy(resource, config) {
    const given = tagNames(resource);
    const missing = Object.entries(wanted(resource, config)).filter(([name]) => !given.has(name));
    return missing.length === 0 ? undefined : { tags: Object.fromEntries(missing) };
  },
});

/** Names of the resource's tags and of those that its provider adds; values need not be known. */
function tagNames({ props, provider }: Resource): Set<string> {
  const inherited = provider?.props?.defaultTags?.tags ?? {};
  return new Set([...Object.keys(inherited), ...Object.keys(props.tags ?? {})]);
}
