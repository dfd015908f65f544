const known = new Map<string, string>();

/** Modules of the AWS provider that are one service under several names. */
const sameModule: Record<string, string> = {
  alb: "lb",
  elasticloadbalancingv2: "lb",
  applicationloadbalancing: "lb",
  elasticloadbalancing: "elb",
};

/**
 * One name for all tokens of a resource type, so that no other spelling slips past a rule:
 * `aws:s3/bucketV2:BucketV2` and `aws:s3/bucket:Bucket` are `aws:s3/Bucket`, `azure-native:cdn/v20240201:Profile`
 * is `azure-native:cdn/Profile`, `kubernetes:apps/v1beta1:Deployment` is `kubernetes:Deployment`.
 */
export function kindOf(type: string): string {
  let kind = known.get(type);
  if (kind === undefined) {
    kind = workOut(type);
    known.set(type, kind);
  }
  return kind;
}

function workOut(type: string): string {
  const [pkg = "", module = "", name = ""] = type.split(":");
  if (pkg === "aws") {
    const service = module.split("/")[0] ?? "";
    return `aws:${sameModule[service] ?? service}/${service === "s3" ? name.replace(/V2$/, "") : name}`;
  }
  if (pkg === "azure-native") return `azure-native:${module.split("/")[0]}/${name}`;
  // Server-side apply has a type of its own for each kind.
  if (pkg === "kubernetes") return `kubernetes:${name.replace(/Patch$/, "")}`;
  return type;
}
