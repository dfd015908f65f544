import type { Props } from "../../rule.ts";
import { stackRule } from "../../rule.ts";
import { isForEveryone } from "../../statements.ts";
import { isOn, list } from "../../values.ts";
import { policyOf, settingsFor } from "./buckets.ts";

const blocks = ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"];
const everyone = /\/(AllUsers|AuthenticatedUsers)$/;

export const s3PublicAccess = stackRule({
  id: "s3-public-access",
  title: "Buckets are not public",
  severity: "critical",
  level: "mandatory",
  frameworks: [
    "FSBP S3.1",
    "FSBP S3.8",
    "CIS-AWS 3.1.4",
    "CKV CKV_AWS_53",
    "CKV CKV_AWS_54",
    "CKV CKV_AWS_55",
    "CKV CKV_AWS_56",
    "CKV CKV2_AWS_6",
  ],
  remediation:
    "Add a BucketPublicAccessBlock with all four blocks for each bucket, and serve files by a CDN with an origin access control.",
  kinds: ["aws:s3/Bucket"],
  check(bucket, { found, stack }) {
    const ofAccount = stack.of("aws:s3/AccountPublicAccessBlock").map(({ props }) => props);
    const all = [...settingsFor(bucket, "BucketPublicAccessBlock", stack), ...ofAccount];
    const open = blocks.filter((name) => !all.some((block: Props) => isOn(block[name])));
    if (all.length === 0) found("has no block of public access");
    else if (open.length > 0) found(`is not protected by ${open.join(", ")}`);
    for (const { acl, accessControlPolicy } of [bucket.props, ...settingsFor(bucket, "BucketAcl", stack)]) {
      if (/^public-|^authenticated-read$/.test(acl ?? "")) found(`has the access list ${acl}`, "acl");
      const grants = [...list(accessControlPolicy?.grants), ...list(bucket.props.grants)];
      if (grants.some((grant) => everyone.test(grant.grantee?.uri ?? grant.uri ?? ""))) {
        found("grants access to everyone", "grants");
      }
    }
    if (policyOf(bucket, stack).some(isForEveryone)) found("has a policy that lets everyone in", "policy");
  },
});
