// What ECS itself may do to start a task: read exactly its images and its secrets, write exactly its log.

import type { Input, Output } from "@pulumi/pulumi";
import { type OpenStatement, whenKnown } from "../grants.ts";
import { repositoryArn } from "./image.ts";

export interface ExecutionNeeds {
  logGroupArn: Input<string>;
  images: readonly Input<string>[];
  /** ARNs of secrets and parameters. */
  secretArns: readonly Input<string>[];
  /** ARNs of the keys that they are encrypted with. */
  keyArns: readonly Input<string>[];
}

export function planExecutionPolicy({
  logGroupArn,
  images,
  secretArns,
  keyArns,
}: ExecutionNeeds): OpenStatement[] {
  const repositories = whenKnown(images, repositoriesOf);
  return [
    {
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      resources: whenKnown([logGroupArn], ([arn]) => [`${arn}:*`]),
    },
    { actions: ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], resources: repositories },
    // IAM knows no resource for a login.
    {
      actions: ["ecr:GetAuthorizationToken"],
      resources: whenKnown(repositories, ({ length }) => (length > 0 ? ["*"] : [])),
    },
    {
      actions: ["secretsmanager:GetSecretValue"],
      resources: whenKnown(secretArns, (arns) => unique(arns.filter((arn) => !isParameter(arn)))),
    },
    {
      actions: ["ssm:GetParameters"],
      resources: whenKnown(secretArns, (arns) => unique(arns.filter(isParameter))),
    },
    { actions: ["kms:Decrypt"], resources: whenKnown(keyArns, unique) },
  ].filter(({ resources }) => !isNothing(resources));
}

function isNothing(resources: Input<string>[] | Output<string[]>): boolean {
  return Array.isArray(resources) && resources.length === 0;
}

function repositoriesOf(images: readonly string[]): string[] {
  return unique(images.map(repositoryArn).filter((arn) => arn !== undefined));
}

function isParameter(arn: string): boolean {
  return /^arn:[^:]+:ssm:/.test(arn);
}

function unique(list: readonly string[]): string[] {
  return [...new Set(list)].sort();
}
