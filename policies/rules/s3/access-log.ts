import type { Props, Resource } from "../../rule.ts";
import { stackRule } from "../../rule.ts";
import type { Stack } from "../../stack.ts";
import { list } from "../../values.ts";
import { settingsFor } from "./buckets.ts";

export const s3Log = stackRule({
  id: "s3-access-log",
  title: "Who read and wrote a bucket is kept",
  severity: "medium",
  level: "advisory",
  frameworks: ["FSBP S3.9", "CT CT.S3.PR.2"],
  remediation: "Add BucketLogging to a bucket for logs; buckets that hold logs need none.",
  kinds: ["aws:s3/Bucket"],
  check(bucket, { found, stack }) {
    const { logging, loggings } = bucket.props;
    const logs = [...list(logging), ...list(loggings), ...settingsFor(bucket, "BucketLogging", stack)];
    if (logs.length === 0 && !holdsLogs(bucket, stack)) found("keeps no access log", "loggings");
  },
});

/** Inputs by which services are told where their logs go. */
const logInputs: [kind: string, input: string][] = [
  ["aws:s3/BucketLogging", "targetBucket"],
  ["aws:lb/LoadBalancer", "accessLogs"],
  ["aws:elb/LoadBalancer", "accessLogs"],
  ["aws:cloudfront/Distribution", "loggingConfig"],
  ["aws:cloudwatch/LogDeliveryDestination", "deliveryDestinationConfiguration"],
  ["aws:ec2/FlowLog", "logDestination"],
  ["aws:wafv2/WebAclLoggingConfiguration", "logDestinationConfigs"],
  ["aws:cloudtrail/Trail", "s3BucketName"],
];

function holdsLogs(bucket: Resource, stack: Stack): boolean {
  return (
    logInputs.some(([kind, input]) => stack.pointingAt(bucket, kind, input).length > 0) ||
    isTold(bucket.props)
  );
}

/** Logs of what another stack makes. */
function isTold({ tags }: Props): boolean {
  return tags?.["roost:holds"] === "logs";
}
