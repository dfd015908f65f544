// What ECS itself may do to start a task: read exactly its images and its secrets, write exactly its log.

import type { PolicyStatement } from "../grants.ts";
import { repositoryArn } from "./image.ts";

export interface ExecutionNeeds {
  logGroupArn: string;
  images: readonly string[];
  /** ARNs of secrets and parameters. */
  secretArns: readonly string[];
  /** ARNs of the keys that they are encrypted with. */
  keyArns: readonly string[];
}

export function planExecutionPolicy({
  logGroupArn,
  images,
  secretArns,
  keyArns,
}: ExecutionNeeds): PolicyStatement[] {
  const repositories = unique(images.map(repositoryArn).filter((arn) => arn !== undefined));
  const parameters = unique(secretArns.filter((arn) => /^arn:[^:]+:ssm:/.test(arn)));
  const secrets = unique(secretArns.filter((arn) => !parameters.includes(arn)));
  return [
    { actions: ["logs:CreateLogStream", "logs:PutLogEvents"], resources: [`${logGroupArn}:*`] },
    ...statement(["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], repositories),
    // IAM knows no resource for a login.
    ...statement(["ecr:GetAuthorizationToken"], repositories.length > 0 ? ["*"] : []),
    ...statement(["secretsmanager:GetSecretValue"], secrets),
    ...statement(["ssm:GetParameters"], parameters),
    ...statement(["kms:Decrypt"], unique(keyArns)),
  ];
}

function statement(actions: string[], resources: string[]): PolicyStatement[] {
  return resources.length > 0 ? [{ actions, resources }] : [];
}

function unique(list: readonly string[]): string[] {
  return [...new Set(list)].sort();
}
