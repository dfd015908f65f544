import { Topic } from "@pulumi/aws/sns/topic.js";
import { TopicPolicy } from "@pulumi/aws/sns/topicPolicy.js";
import { TopicSubscription } from "@pulumi/aws/sns/topicSubscription.js";
import { jsonStringify } from "@pulumi/pulumi";
import { type AlarmArgs, AlarmChoice } from "../components/index.ts";
import type { Alarms } from "./fields.ts";

/** Where CloudFront's metrics are. */
export const CLOUDFRONT_REGION = "us-east-1";

/**
 * Topics that CloudWatch tells of trouble, one in each region, with an email subscription for each address, which
 * its owner confirms once. The alarm arguments for components, by region.
 */
export function makeAlarmTopics(
  alarms: Alarms,
  { accountId, regions, tags }: { accountId: string; regions: string[]; tags: Record<string, string> },
): Record<string, AlarmArgs> {
  return Object.fromEntries(
    regions.map((region) => [
      region,
      alarms === "none"
        ? { choice: AlarmChoice.none }
        : { choice: AlarmChoice.notify, topicArns: [makeTopic(region, alarms)] },
    ]),
  );

  function makeTopic(region: string, emails: string[]) {
    const topic = new Topic(`alarms-${region}`, { region, displayName: "Alarms", tags });
    new TopicPolicy(`alarms-${region}-policy`, {
      region,
      arn: topic.arn,
      policy: jsonStringify({
        Version: "2012-10-17",
        Statement: ["cloudwatch.amazonaws.com", "aps.amazonaws.com"].map((service) => ({
          Effect: "Allow",
          Principal: { Service: service },
          Action: "sns:Publish",
          Resource: topic.arn,
          Condition: { StringEquals: { "AWS:SourceAccount": accountId } },
        })),
      }),
    });
    for (const endpoint of emails) {
      new TopicSubscription(`alarms-${region}-${endpoint}`, {
        region,
        topic: topic.arn,
        protocol: "email",
        endpoint,
      });
    }
    return topic.arn;
  }
}
