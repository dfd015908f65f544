// Who may start and end sessions, and what one session may reach: policies by tags.

import { all, type Input, jsonStringify, type Output } from "@pulumi/pulumi";
import type { PolicyStatement } from "../grants.ts";
import { partitionOf } from "../regions.ts";

/** Tag of a task: name of its template. */
export const TEMPLATE_TAG = "roost:template";
/** Tag of a task and of a session's credentials: id of the session. */
export const SESSION_TAG = "roost:session";
/** Tag of a task: seconds that it may live. */
export const TTL_TAG = "roost:ttl-seconds";
/** The session's id in a policy of the session role. */
export const OWN_SESSION = `\${aws:PrincipalTag/${SESSION_TAG}}`;

export interface LaunchTarget {
  template: string;
  family: string;
  clusterArn: Input<string>;
  clusterName: Input<string>;
  region: Input<string>;
  accountId: Input<string>;
  /** Roles that tasks get. */
  roleArns: Input<string>[];
  /** Role of single sessions; nothing when there is none. */
  sessionRoleArn?: Input<string>;
}

/**
 * What a control plane needs to run sessions of one template, in one cluster, and to touch no other task: tasks
 * are started with the template's tag, and only what bears it is seen, tagged further or ended.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
 */
export function planLaunch(target: LaunchTarget): PolicyStatement[] {
  const { template, family, clusterArn, clusterName, region, accountId } = target;
  const arn = (rest: (cluster: string) => string): Output<string> =>
    all([region, accountId, clusterName]).apply(
      ([place, account, cluster]) => `arn:${partitionOf(place)}:ecs:${place}:${account}:${rest(cluster)}`,
    );
  const tasks = arn((cluster) => `task/${cluster}/*`);
  const asked = { [`aws:RequestTag/${TEMPLATE_TAG}`]: template };
  const statements: PolicyStatement[] = [
    {
      actions: ["ecs:RunTask"],
      resources: [arn(() => `task-definition/${family}:*`)],
      conditions: { ArnEquals: { "ecs:cluster": clusterArn }, StringEquals: asked },
    },
    {
      actions: ["ecs:TagResource"],
      resources: [tasks],
      conditions: { StringEquals: { "ecs:CreateAction": "RunTask", ...asked } },
    },
    {
      actions: ["ecs:DescribeTasks", "ecs:StopTask"],
      resources: [tasks],
      conditions: { StringEquals: { [`aws:ResourceTag/${TEMPLATE_TAG}`]: template } },
    },
    // A task may be told which session it is later, and never that it is of another template.
    {
      actions: ["ecs:TagResource"],
      resources: [tasks],
      conditions: {
        StringEquals: { [`aws:ResourceTag/${TEMPLATE_TAG}`]: template },
        "ForAllValues:StringEquals": { "aws:TagKeys": SESSION_TAG },
      },
    },
    // IAM knows no resource for lists of tasks on Fargate.
    {
      actions: ["ecs:ListTasks"],
      resources: ["*"],
      conditions: { ArnEquals: { "ecs:cluster": clusterArn } },
    },
    {
      actions: ["iam:PassRole"],
      resources: target.roleArns,
      conditions: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
    },
  ];
  if (target.sessionRoleArn === undefined) return statements;
  return [
    ...statements,
    { actions: ["sts:AssumeRole", "sts:TagSession"], resources: [target.sessionRoleArn] },
  ];
}

/**
 * The session role is taken by the control plane only, and only for a named session of this template.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
 */
export function sessionTrust(controllerRoleArn: Input<string>, template: string): Output<string> {
  return jsonStringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { AWS: controllerRoleArn },
        Action: ["sts:AssumeRole", "sts:TagSession"],
        Condition: {
          StringEquals: { [`aws:RequestTag/${TEMPLATE_TAG}`]: template },
          StringLike: { [`aws:RequestTag/${SESSION_TAG}`]: "ses_*" },
          "ForAllValues:StringEquals": { "aws:TagKeys": [TEMPLATE_TAG, SESSION_TAG] },
        },
      },
    ],
  });
}
