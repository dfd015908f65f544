import type { RecordedGraph } from "../evaluate.ts";
import { kindOf } from "../kinds.ts";

type Resource = RecordedGraph["resources"][number];

/** The same infrastructure, written in another way: a rule must say the same of it. */
export const shapes: Record<string, (graph: RecordedGraph) => RecordedGraph> = {
  "other names of types": (graph) => ({
    ...graph,
    resources: graph.resources.map((each) => ({ ...each, type: otherName(each.type) })),
  }),
  "settings of buckets inline": inlineBuckets,
  "rules of groups by the old resource": (graph) => ({
    ...graph,
    resources: graph.resources.map(oldGroupRule),
  }),
  "rules of groups inline": inlineGroupRules,
};

function otherName(type: string): string {
  const kind = kindOf(type);
  if (kind.startsWith("aws:lb/")) return type.replace("aws:lb/", "aws:elasticloadbalancingv2/");
  if (kind === "aws:s3/Bucket") return "aws:s3/bucketV2:BucketV2";
  if (/^aws:s3\/Bucket(Versioning|LifecycleConfiguration|Logging)$/.test(kind)) {
    return type.replace(
      /[^:/]+:(\w+)$/,
      (_, name: string) => `${name[0]!.toLowerCase()}${name.slice(1)}V2:${name}V2`,
    );
  }
  if (type.startsWith("azure-native:")) return type.replace(/^(azure-native:\w+):/, "$1/v20240101:");
  if (kind === "kubernetes:Deployment") return "kubernetes:apps/v1beta2:DeploymentPatch";
  return type;
}

/** Separate resource → input of the bucket, and how it is said there. */
const inline: Record<string, (inputs: Resource["inputs"]) => Resource["inputs"]> = {
  "aws:s3/BucketVersioning": ({ versioningConfiguration }) => ({
    versioning: { enabled: versioningConfiguration?.status === "Enabled" },
  }),
  "aws:s3/BucketLifecycleConfiguration": ({ rules }) => ({
    lifecycleRules: (rules ?? []).map(({ status }: { status: string }) => ({
      enabled: status === "Enabled",
    })),
  }),
  "aws:s3/BucketPolicy": ({ policy }) => ({ policy }),
};

function inlineBuckets(graph: RecordedGraph): RecordedGraph {
  const set = new Map<string, Resource["inputs"]>();
  const settings = graph.resources.filter(
    ({ type, references }) => kindOf(type) in inline && references?.bucket,
  );
  const folded = new Set<Resource>();
  for (const each of settings) {
    const bucket = graph.resources.find(
      ({ urn, type }) => each.references!.bucket!.includes(urn) && kindOf(type) === "aws:s3/Bucket",
    );
    if (!bucket) continue;
    folded.add(each);
    set.set(bucket.urn, { ...set.get(bucket.urn), ...inline[kindOf(each.type)]!(each.inputs) });
  }
  return {
    ...graph,
    resources: graph.resources
      .filter((each) => !folded.has(each))
      .map((each) =>
        set.has(each.urn) ? { ...each, inputs: { ...each.inputs, ...set.get(each.urn) } } : each,
      ),
  };
}

function oldGroupRule(resource: Resource): Resource {
  const direction = /^aws:vpc\/SecurityGroup(Ingress|Egress)Rule$/.exec(kindOf(resource.type))?.[1];
  if (direction === undefined) return resource;
  const { cidrIpv4, cidrIpv6, ipProtocol, referencedSecurityGroupId, ...rest } = resource.inputs;
  return {
    ...resource,
    type: "aws:ec2/securityGroupRule:SecurityGroupRule",
    inputs: {
      ...rest,
      type: direction.toLowerCase(),
      protocol: ipProtocol,
      cidrBlocks: cidrIpv4 === undefined ? [] : [cidrIpv4],
      ipv6CidrBlocks: cidrIpv6 === undefined ? [] : [cidrIpv6],
      sourceSecurityGroupId: referencedSecurityGroupId,
    },
  };
}

function inlineGroupRules(graph: RecordedGraph): RecordedGraph {
  const folded = new Set<Resource>();
  const groups = graph.resources.map((group): Resource => {
    if (kindOf(group.type) !== "aws:ec2/SecurityGroup") return group;
    const own = graph.resources.filter(({ references }) => references?.securityGroupId?.includes(group.urn));
    for (const each of own) folded.add(each);
    const rules = own.map((each) => oldGroupRule(each).inputs);
    const of = (type: string) => [
      ...(group.inputs[type] ?? []),
      ...rules.filter((rule) => rule.type === type),
    ];
    return { ...group, inputs: { ...group.inputs, ingress: of("ingress"), egress: of("egress") } };
  });
  return { ...graph, resources: groups.filter((_, n) => !folded.has(graph.resources[n]!)) };
}
