// What the examples of class docs and pages take for granted: they show one component each, among things like these.

import { output } from "@pulumi/pulumi";
import {
  type AlertGroupArgs,
  ClientKind,
  type ClusterReference,
  Comparison,
  type DashboardArgs,
  type Grant,
  type LoadBalancerReference,
  type NetworkReference,
  type RealmArgs,
  Severity,
  Unit,
} from "../../../components/index.ts";

const arn = (service: string, resource: string, region = "eu-west-1") =>
  `arn:aws:${service}:${region}:111122223333:${resource}`;
const azure = (path: string) => ({
  id: `/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/shop/providers/${path}`,
});
const grant = (name: string, action: string, resource: string): Grant => ({
  name,
  statements: [{ actions: [action], resources: [resource] }],
});

export const network: NetworkReference = {
  vpcId: "vpc-1",
  cidr: "10.0.0.0/16",
  publicSubnetIds: ["subnet-public-a", "subnet-public-b"],
  privateSubnetIds: ["subnet-private-a", "subnet-private-b"],
  dataSubnetIds: ["subnet-data-a", "subnet-data-b"],
};
export const cluster: ClusterReference = {
  arn: arn("ecs", "cluster/main"),
  name: "main",
  region: "eu-west-1",
  accountId: "111122223333",
};
const balancer = (name: string): LoadBalancerReference & { arn: string; dnsName: string } => ({
  arn: arn("elasticloadbalancing", `loadbalancer/app/${name}/1`),
  arnSuffix: `app/${name}/1`,
  dnsName: `internal-${name}.eu-west-1.elb.amazonaws.com`,
  listenerArn: arn("elasticloadbalancing", `listener/app/${name}/1/2`),
  securityGroupId: `sg-${name}`,
});
export const front = balancer("front");
export const inside = balancer("inside");
export const topic = { arn: arn("sns", "operations") };
export const topicInUsEast1 = { arn: arn("sns", "operations", "us-east-1") };
export const certificate = { arn: arn("acm", "certificate/one") };
export const distribution = { arn: output(arn("cloudfront", "distribution/E1", "")) };
export const key = { arn: arn("kms", "key/one") };
export const login = { arn: arn("secretsmanager", "secret:id-database") };
export const admin = { arn: arn("secretsmanager", "secret:id-admin") };
export const billingSecret = { arn: arn("secretsmanager", "secret:billing") };
export const image = `111122223333.dkr.ecr.eu-west-1.amazonaws.com/api@sha256:${"0123456789abcdef".repeat(4)}`;
export const bucket = {
  domainName: "files.s3.eu-west-1.amazonaws.com",
  grantRead: grant("files-read", "s3:GetObject", "arn:aws:s3:::files/*"),
};
export const database = {
  host: "main.example.eu-west-1.rds.amazonaws.com",
  securityGroupId: "sg-database",
  secretArn: arn("secretsmanager", "secret:main"),
};

export const realm: RealmArgs = {
  name: "shop",
  clients: { billing: { kind: ClientKind.service, audiences: ["api"] } },
};
export const webDashboard: DashboardArgs = {
  title: "Web",
  description: "Whether the shop answers",
  panels: [
    {
      title: "Tasks",
      unit: Unit.count,
      queries: {
        up: {
          prometheus: "sum(up)",
          cloudWatch: {
            namespace: "ECS/ContainerInsights",
            metric: "RunningTaskCount",
            statistic: "Minimum",
          },
        },
      },
    },
  ],
};
export const webAlerts: AlertGroupArgs = {
  rules: {
    WebDown: {
      summary: "The shop does not answer",
      action: "Look at its last deployment",
      severity: Severity.page,
      query: { prometheus: "sum(up)" },
      comparison: Comparison.below,
      threshold: 1,
      minutes: 5,
    },
  },
};

/** On Route 53 and on Azure. */
export const zone = {
  ...azure("Microsoft.Network/dnszones/example.com"),
  zoneName: "example.com",
  resourceGroupName: "shop",
};
export const group = { name: "shop" };
export const workspace = azure("Microsoft.OperationalInsights/workspaces/shop");
export const onCall = azure("Microsoft.Insights/actionGroups/on-call");
export const modules = {
  hostName: "acmemodules.blob.core.windows.net",
  accountId: azure("Microsoft.Storage/storageAccounts/acmemodules").id,
  location: "westeurope",
};
