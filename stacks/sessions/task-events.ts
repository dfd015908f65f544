import { EventApiDestination } from "@pulumi/aws/cloudwatch/eventApiDestination.js";
import { EventConnection } from "@pulumi/aws/cloudwatch/eventConnection.js";
import { EventRule } from "@pulumi/aws/cloudwatch/eventRule.js";
import { EventTarget } from "@pulumi/aws/cloudwatch/eventTarget.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import { type Input, jsonStringify, secret } from "@pulumi/pulumi";

export interface TaskEventsArgs {
  /** Of which tasks' states are told. */
  clusterArn: Input<string>;
  accountId: string;
  /** Of Roost, without a path. */
  url: string;
  /** API token with the scope session:report. */
  token: string;
  tags: Record<string, string>;
}

/** Events by the second at most; Roost looks at all tasks for each bundle of them. */
const perSecond = 20;
/** What was not told of by then was seen by a look. Seconds; AWS takes 60 at least. */
const stalenessSeconds = 60;

/**
 * Tells Roost of each task that changes its state: a rule of EventBridge, and an API destination that posts cluster and
 * task. The token lies in a secret that EventBridge keeps of the connection.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html
 */
export function tellOfTasks({ clusterArn, accountId, url, token, tags }: TaskEventsArgs): void {
  const connection = new EventConnection("task-events", {
    description: "Roost, which runs sessions",
    authorizationType: "API_KEY",
    authParameters: { apiKey: { key: "authorization", value: secret(`Bearer ${token}`) } },
  });
  const destination = new EventApiDestination("task-events", {
    connectionArn: connection.arn,
    httpMethod: "POST",
    invocationEndpoint: `${url}/api/v1/task-events`,
    invocationRateLimitPerSecond: perSecond,
  });
  const role = new Role("task-events", {
    assumeRolePolicy: jsonStringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "events.amazonaws.com" },
          Action: "sts:AssumeRole",
          Condition: { StringEquals: { "aws:SourceAccount": accountId } },
        },
      ],
    }),
    tags,
  });
  new RolePolicy("task-events", {
    role: role.name,
    policy: jsonStringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "events:InvokeApiDestination", Resource: destination.arn }],
    }),
  });
  const rule = new EventRule("task-events", {
    description: "A task of the sessions' cluster has changed its state",
    eventPattern: jsonStringify({
      source: ["aws.ecs"],
      "detail-type": ["ECS Task State Change"],
      detail: { clusterArn: [clusterArn], lastStatus: ["RUNNING", "STOPPED"] },
    }),
    tags,
  });
  new EventTarget("task-events", {
    rule: rule.name,
    arn: destination.arn,
    roleArn: role.arn,
    inputTransformer: {
      inputPaths: { cluster: "$.detail.clusterArn", task: "$.detail.taskArn" },
      inputTemplate: '{"cluster": <cluster>, "task": <task>}',
    },
    retryPolicy: { maximumEventAgeInSeconds: stalenessSeconds, maximumRetryAttempts: 3 },
  });
}
