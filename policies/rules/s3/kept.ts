import { isGiven } from "../../known.ts";
import { stackRule } from "../../rule.ts";
import { list } from "../../values.ts";
import { settingsFor } from "./buckets.ts";

export const s3Kept = stackRule({
  id: "s3-not-force-destroyed",
  title: "A bucket with objects in it is not destroyed",
  severity: "high",
  level: "mandatory",
  frameworks: ["own"],
  remediation:
    "Leave forceDestroy off and empty the bucket when it is meant to go; say how its objects are encrypted.",
  kinds: ["aws:s3/Bucket"],
  check(bucket, { found, stack }) {
    const { forceDestroy, serverSideEncryptionConfiguration: inline } = bucket.props;
    if (forceDestroy === true || forceDestroy === "true")
      found("is destroyed with all that is in it", "forceDestroy");
    const rules = [
      ...list(inline).flatMap((each) => [...list(each.rule), ...list(each.rules)]),
      ...settingsFor(bucket, "BucketServerSideEncryptionConfiguration", stack).flatMap(({ rules }) =>
        list(rules),
      ),
    ];
    for (const { applyServerSideEncryptionByDefault: how } of rules) {
      if (/^aws:kms/.test(how?.sseAlgorithm ?? "") && !isGiven(how, "kmsMasterKeyId")) {
        found("is encrypted with a key that policies cannot name", "serverSideEncryptionConfiguration");
      }
    }
  },
});
