import { stackRule } from "../../rule.ts";
import { requiresTls } from "../../statements.ts";
import { policyOf } from "./buckets.ts";

export const s3TlsOnly = stackRule({
  id: "s3-tls-only",
  title: "Buckets answer by TLS only",
  severity: "medium",
  level: "mandatory",
  frameworks: ["FSBP S3.5", "CIS-AWS 3.1.1", "CT CT.S3.PR.8", "CKV CKV_AWS_379"],
  remediation:
    "Add to the bucket's policy a Deny of s3:* for everyone on condition that aws:SecureTransport is false.",
  kinds: ["aws:s3/Bucket"],
  check(bucket, { found, stack }) {
    if (!requiresTls(policyOf(bucket, stack))) found("answers without TLS", "policy");
  },
});
