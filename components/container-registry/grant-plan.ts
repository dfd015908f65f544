import type { Input } from "@pulumi/pulumi";
import type { Grant, PolicyStatement } from "../grants.ts";
import { partitionOf } from "../regions.ts";
import { PULL_ACTIONS } from "./image-plan.ts";

export interface RegistryGrants {
  pull: Grant;
  push: Grant;
}

/** The one call of ECR that has no resource: it answers a token, which opens what the other statements allow. */
const TOKEN: PolicyStatement = { actions: ["ecr:GetAuthorizationToken"], resources: ["*"] };

/** What others may be allowed to do with the repositories of one registry. */
export function planRegistryGrants(
  name: string,
  repositoryArns: Input<string>[],
  {
    accountId,
    region,
    pullThrough = {},
  }: { accountId: string; region: string; pullThrough?: Record<string, unknown> },
): RegistryGrants {
  const of = (actions: string[], resources: Input<string>[]): PolicyStatement[] =>
    resources.length === 0 ? [] : [{ actions, resources }];
  const copies = Object.keys(pullThrough).map(
    (prefix) => `arn:${partitionOf(region)}:ecr:${region}:${accountId}:repository/${prefix}/*`,
  );
  return {
    pull: {
      name: `${name}-pull`,
      statements: [
        TOKEN,
        ...of(PULL_ACTIONS, repositoryArns),
        // The first pull of an image makes the repository of its copy.
        ...of([...PULL_ACTIONS, "ecr:BatchImportUpstreamImage", "ecr:CreateRepository"], copies),
      ],
    },
    push: {
      name: `${name}-push`,
      statements: [
        TOKEN,
        ...of(
          [
            ...PULL_ACTIONS,
            "ecr:InitiateLayerUpload",
            "ecr:UploadLayerPart",
            "ecr:CompleteLayerUpload",
            "ecr:PutImage",
          ],
          repositoryArns,
        ),
      ],
    },
  };
}
