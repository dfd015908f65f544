import type { Props, Resource } from "../../rule.ts";
import type { Stack } from "../../stack.ts";
import { type Statement, statements } from "../../statements.ts";

/** Inputs of a kind of resource that sets something for a bucket, made for this bucket. */
export function settingsFor(bucket: Resource, kind: string, stack: Stack): Props[] {
  return stack.pointingAt(bucket, `aws:s3/${kind}`, "bucket").map(({ props }) => props);
}

/** Statements of a bucket's policy, inline or separate. */
export function policyOf(bucket: Resource, stack: Stack): Statement[] {
  const inline = "policy" in bucket.props ? [bucket.props.policy] : [];
  const separate = settingsFor(bucket, "BucketPolicy", stack).map(({ policy }) => policy);
  return [...inline, ...separate].flatMap((document) => statements(document, "policy"));
}
