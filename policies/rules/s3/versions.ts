import { stackRule } from "../../rule.ts";
import { isOn, list } from "../../values.ts";
import { settingsFor } from "./buckets.ts";

export const s3Versions = stackRule({
  id: "s3-versions",
  title: "Buckets keep versions and let old ones go",
  severity: "medium",
  level: "mandatory",
  frameworks: ["FSBP S3.10", "FSBP S3.14", "CT CT.S3.PR.3", "CT CT.S3.PR.5"],
  remediation:
    "Enable versioning, and add a lifecycle rule that ends multipart uploads and noncurrent versions.",
  kinds: ["aws:s3/Bucket"],
  check(bucket, { found, stack }) {
    const { versioning, versionings, lifecycleRules } = bucket.props;
    const separate = settingsFor(bucket, "BucketVersioning", stack);
    const isVersioned =
      separate.some(({ versioningConfiguration }) => versioningConfiguration?.status === "Enabled") ||
      [...list(versioning), ...list(versionings)].some(({ enabled }) => isOn(enabled));
    if (!isVersioned) found("keeps no versions", "versioning");
    const rules = [
      ...list(lifecycleRules).filter(({ enabled }) => isOn(enabled)),
      ...settingsFor(bucket, "BucketLifecycleConfiguration", stack)
        .flatMap(({ rules }) => list(rules))
        .filter(({ status }) => status === "Enabled"),
    ];
    if (rules.length === 0) found("never lets anything go", "lifecycleRules");
  },
});
