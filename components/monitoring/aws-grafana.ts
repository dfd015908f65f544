// A managed Grafana, and the role that it asks metrics with.

import { Workspace } from "@pulumi/aws/grafana/workspace.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import type { Input, Resource } from "@pulumi/pulumi";
import { type JsonDocument, withDocumentText } from "../document.ts";
import { type Grant, type PolicyStatement, policyDocument, trustPolicy } from "../grants.ts";
import { override } from "../overrides.ts";
import { partitionOf } from "../regions.ts";
import type { ManagedGrafanaArgs, MonitoringOnAwsArgs } from "./aws-args.ts";

/** Reading metrics of CloudWatch, which have no ARNs. */
const CLOUDWATCH: PolicyStatement = {
  actions: [
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
    "cloudwatch:GetMetricStatistics",
    "cloudwatch:ListMetrics",
  ],
  resources: ["*"],
};

/**
 * Roles are ours rather than made by the service: it asks what is granted here and nothing else.
 *
 * @param query of the managed Prometheus; absent without one.
 */
export function makeGrafana(
  parent: Resource,
  name: string,
  args: MonitoringOnAwsArgs & { grafana: ManagedGrafanaArgs },
  query: Grant | undefined,
): Workspace {
  const { region, tags, overrides, grafana } = args;
  const { accountId, signIn, version = "10.4" } = grafana;
  const role = new Role(
    `${name}-grafana-role`,
    override(overrides, "grafanaRole", {
      assumeRolePolicy: trustPolicy("grafana.amazonaws.com", {
        StringEquals: { "aws:SourceAccount": accountId },
        StringLike: {
          "aws:SourceArn": `arn:${partitionOf(region)}:grafana:${region}:${accountId}:/workspaces/*`,
        },
      }),
      description: `What the Grafana of ${name} may ask`,
      tags,
    }),
    { parent },
  );
  const policy: Input<string> | JsonDocument = policyDocument([...(query?.statements ?? []), CLOUDWATCH]);
  const settings = override(overrides, "grafanaPolicy", { role: role.id, policy });
  const policyName = `${name}-grafana-policy`;
  new RolePolicy(policyName, withDocumentText(policyName, "policy", settings, parent), { parent });
  return new Workspace(
    `${name}-grafana`,
    override(overrides, "grafana", {
      name,
      accountAccessType: "CURRENT_ACCOUNT",
      authenticationProviders: [signIn],
      permissionType: "CUSTOMER_MANAGED",
      roleArn: role.arn,
      dataSources: [...(query ? ["PROMETHEUS"] : []), "CLOUDWATCH"],
      grafanaVersion: version,
      tags,
    }),
    { parent },
  );
}
