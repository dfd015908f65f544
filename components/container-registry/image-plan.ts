// What ECR is told about images: how long they stay, who else pulls them, which findings are told.

import { partitionOf } from "../regions.ts";
import { ImageScanning } from "./args.ts";

/** To pull by layers, as every container platform does. */
export const PULL_ACTIONS = [
  "ecr:BatchCheckLayerAvailability",
  "ecr:BatchGetImage",
  "ecr:GetDownloadUrlForLayer",
];

/** Images without a tag end by age, then the oldest beyond a number. */
export function imageLifecycle({ untaggedDays = 14, keepImages = 500 }): string {
  return policy([
    rule("Images without a tag", {
      tagStatus: "untagged",
      countType: "sinceImagePushed",
      countUnit: "days",
      countNumber: untaggedDays,
    }),
    rule("The oldest images", {
      tagStatus: "any",
      countType: "imageCountMoreThan",
      countNumber: keepImages,
    }),
  ]);
}

/** Copies of other registries' images end by age. */
export function copyLifecycle(keepDays = 30): string {
  return policy([
    rule("Copies, which come again when they are pulled", {
      tagStatus: "any",
      countType: "sinceImagePushed",
      countUnit: "days",
      countNumber: keepDays,
    }),
  ]);
}

function rule(description: string, selection: Record<string, unknown>) {
  return { description, selection, action: { type: "expire" } };
}

function policy(rules: ReturnType<typeof rule>[]): string {
  return JSON.stringify({ rules: rules.map((one, at) => ({ rulePriority: at + 1, ...one })) });
}

/** Lets other accounts pull; who of them, they say themselves. */
export function pullPolicy(region: string, accountIds: readonly string[]): string {
  const accounts = [...new Set(accountIds)].sort();
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "Pull",
        Effect: "Allow",
        Principal: { AWS: accounts.map((id) => `arn:${partitionOf(region)}:iam::${id}:root`) },
        Action: PULL_ACTIONS,
      },
    ],
  });
}

/** Events of critical weaknesses in the images of these repositories. */
export function findingsPattern(repositories: readonly string[], scanning: ImageScanning): string {
  const names = [...repositories].sort();
  return JSON.stringify(
    scanning === ImageScanning.enhanced
      ? {
          source: ["aws.inspector2"],
          "detail-type": ["Inspector2 Finding"],
          detail: {
            severity: ["CRITICAL"],
            status: ["ACTIVE"],
            resources: { details: { awsEcrContainerImage: { repositoryName: names } } },
          },
        }
      : {
          source: ["aws.ecr"],
          "detail-type": ["ECR Image Scan"],
          detail: {
            "repository-name": names,
            "finding-severity-counts": { CRITICAL: [{ numeric: [">", 0] }] },
          },
        },
  );
}
