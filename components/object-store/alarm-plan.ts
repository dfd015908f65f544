import { type Input, output } from "@pulumi/pulumi";
import type { AlarmSpec } from "../alarms.ts";
import type { StoreReplicationArgs } from "./args.ts";
import { REPLICATION_RULE } from "./replication.ts";

/** Name of the request metrics of the whole bucket. */
export const REQUEST_METRICS = "all";

/** What somebody must hear of: the store fails, or its copies fall behind. */
export function planStoreAlarms(
  name: string,
  bucket: Input<string>,
  replication?: StoreReplicationArgs,
): AlarmSpec[] {
  const specs: AlarmSpec[] = [
    {
      key: "errors",
      description: `S3 answers more than 1 of 100 requests to ${name} with an error of its own. Look at the AWS health dashboard, then at request rates below one prefix.`,
      namespace: "AWS/S3",
      metric: "5xxErrors",
      // The average of 0 and 1 for each request is the share of errors.
      dimensions: { BucketName: bucket, FilterId: REQUEST_METRICS },
      statistic: "Average",
      comparison: "GreaterThanThreshold",
      threshold: 0.01,
      periodSeconds: 60,
      periods: 5,
    },
  ];
  if (!replication) return specs;
  const copies = {
    namespace: "AWS/S3",
    dimensions: {
      SourceBucket: bucket,
      DestinationBucket: output(replication.bucketArn).apply(bucketOfArn),
      RuleId: REPLICATION_RULE,
    },
    comparison: "GreaterThanThreshold" as const,
  };
  return [
    ...specs,
    {
      ...copies,
      key: "replication-failed",
      description: `Objects of ${name} could not be copied. Look at the replication role, the key and the bucket of the copies; S3 Batch Replication copies them again.`,
      metric: "OperationsFailedReplication",
      statistic: "Sum",
      threshold: 0,
      periodSeconds: 300,
      periods: 1,
    },
    {
      ...copies,
      key: "replication-late",
      description: `Copies of ${name} are late.`,
      metric: "ReplicationLatency",
      statistic: "Maximum",
      threshold: replication.timeControl ? 900 : 3600,
      periodSeconds: 300,
      periods: 3,
    },
  ];
}

function bucketOfArn(arn: string): string {
  return arn.slice(arn.lastIndexOf(":") + 1);
}
