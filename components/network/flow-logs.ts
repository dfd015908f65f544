import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { FlowLog } from "@pulumi/aws/ec2/flowLog.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import { type Input, interpolate, type Resource } from "@pulumi/pulumi";
import { documentText } from "../document.ts";
import { policyDocument, trustPolicy } from "../grants.ts";
import { DEFAULT_RETENTION_DAYS } from "../logs.ts";
import { type Overrides, override } from "../overrides.ts";
import type { FlowLogArgs } from "./args.ts";

/** Records of all traffic of a VPC in a log group that only the flow log service writes to. */
export function makeFlowLogs(
  { retentionDays = DEFAULT_RETENTION_DAYS, kmsKeyArn }: FlowLogArgs,
  context: {
    name: string;
    parent: Resource;
    vpcId: Input<string>;
    tags?: Record<string, Input<string>>;
    overrides?: Overrides;
  },
): void {
  const { name, parent, overrides, tags } = context;
  const group = new LogGroup(
    `${name}-flow-logs`,
    override(overrides, "flowLogGroup", { retentionInDays: retentionDays, kmsKeyId: kmsKeyArn, tags }),
    { parent },
  );
  const role = new Role(
    `${name}-flow-logs-role`,
    override(overrides, "flowLogRole", {
      assumeRolePolicy: trustPolicy("vpc-flow-logs.amazonaws.com"),
      description: "Lets the VPC write its flow logs",
      tags,
    }),
    { parent },
  );
  const actions = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"];
  const document = policyDocument([{ actions, resources: [group.arn, interpolate`${group.arn}:*`] }]);
  const policyName = `${name}-flow-logs-policy`;
  const policy = new RolePolicy(
    policyName,
    { role: role.id, policy: documentText(policyName, "policy", document, parent) },
    { parent },
  );
  new FlowLog(
    `${name}-flow-log`,
    override(overrides, "flowLog", {
      vpcId: context.vpcId,
      trafficType: "ALL",
      logDestinationType: "cloud-watch-logs",
      logDestination: group.arn,
      iamRoleArn: role.arn,
      maxAggregationInterval: 60,
      tags: { ...tags, Name: name },
    }),
    { parent, dependsOn: [policy] },
  );
}
