import { stackRule } from "../../rule.ts";
import { list } from "../../values.ts";
import { settingsFor } from "./buckets.ts";

export const s3Owner = stackRule({
  id: "s3-owner-enforced",
  title: "Access to a bucket is decided by its policy, not by access lists of its objects",
  severity: "medium",
  level: "mandatory",
  frameworks: ["FSBP S3.12", "CT CT.S3.PR.11"],
  remediation: "Add BucketOwnershipControls with BucketOwnerEnforced, and no BucketAcl.",
  kinds: ["aws:s3/Bucket"],
  check(bucket, { found, stack }) {
    // Without controls a new bucket has been like this since April 2023.
    const others = settingsFor(bucket, "BucketOwnershipControls", stack).filter(
      ({ rule }) => rule?.objectOwnership !== "BucketOwnerEnforced",
    );
    if (others.length > 0) found("lets access lists decide", "rule.objectOwnership");
    if (list(bucket.props.grants).length > 0 || settingsFor(bucket, "BucketAcl", stack).length > 0) {
      found("has an access list", "acl");
    }
  },
});
