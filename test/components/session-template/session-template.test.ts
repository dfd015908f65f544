import { describe, expect, it } from "@jest/globals";
import {
  Cluster,
  FargateService,
  Network,
  SessionTemplate,
  type SessionTemplateArgs,
} from "../../../components/index.ts";
import { SESSION_TEMPLATE_ROLES } from "../../../components/session-template/check.ts";
import { OWN_SESSION } from "../../../components/session-template/session-policy.ts";
import { children, find, type Graph, namingFaults, record } from "../../../components/testing/index.ts";
import { expectGolden } from "../../support/golden.ts";
import { cluster, image, network } from "../fargate-service/service-lab.ts";

const ROLE = "aws:iam/role:Role";
const POLICY = "aws:iam/rolePolicy:RolePolicy";
const CLUSTER = cluster.arn;
const TASKS = "arn:aws:ecs:eu-west-1:111122223333:task/main/*";

const basic: SessionTemplateArgs = { cluster, network, image, port: 8080 };
const own = `arn:aws:s3:::homes/${OWN_SESSION}/*`;
const access = {
  controllerRoleArn: "arn:aws:iam::111122223333:role/roost",
  statements: [{ actions: ["s3:GetObject", "s3:PutObject"], resources: [own] }],
};

function template(args: Partial<SessionTemplateArgs> = {}): Promise<Graph> {
  return record(() => {
    const made = new SessionTemplate("workspace", { ...basic, ...args });
    const { runTask, containerName, port, ttlSeconds, sessionRoleArn } = made;
    const { grantLaunch, grantReach } = made;
    return { runTask, containerName, port, ttlSeconds, sessionRoleArn, grantLaunch, grantReach };
  });
}

describe("SessionTemplate", () => {
  it("makes exactly what a task needs, and runs nothing", async () => {
    const graph = await template();
    expect(children(graph, "workspace")).toEqual([
      "aws:cloudwatch/logGroup:LogGroup workspace-logs",
      "aws:ec2/securityGroup:SecurityGroup workspace-group",
      "aws:ecs/taskDefinition:TaskDefinition workspace-task",
      "aws:iam/role:Role workspace-execution",
      "aws:iam/role:Role workspace-task",
      "aws:iam/rolePolicy:RolePolicy workspace-execution-policy",
      "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule workspace-to-https",
    ]);
    expect(namingFaults(graph)).toEqual([]);
  });

  it("says how a session is started, in the words of RunTask", async () => {
    const { runTask, ...others } = (await template({ spot: true, ttlSeconds: 7200 })).outputs;
    expect(runTask).toEqual({
      cluster: CLUSTER,
      taskDefinition: "arn:aws:ecs:eu-west-1:111122223333:taskDefinition/workspace-task",
      capacityProviderStrategy: [{ capacityProvider: "FARGATE_SPOT", weight: 1 }],
      networkConfiguration: {
        awsvpcConfiguration: {
          subnets: ["subnet-private"],
          securityGroups: ["workspace-group.id"],
          assignPublicIp: "DISABLED",
        },
      },
      platformVersion: "LATEST",
      enableExecuteCommand: false,
      enableECSManagedTags: true,
      propagateTags: "TASK_DEFINITION",
      tags: [
        { key: "roost:template", value: "workspace" },
        { key: "roost:ttl-seconds", value: "7200" },
      ],
    });
    expect(others).toMatchObject({ containerName: "main", port: 8080, ttlSeconds: 7200, sessionRoleArn: "" });
  });

  it("lets a control plane touch tasks of this template only", async () => {
    const { statements } = (await template()).outputs.grantLaunch as { statements: object[] };
    const started = { "aws:RequestTag/roost:template": "workspace" };
    const borne = { "aws:ResourceTag/roost:template": "workspace" };
    expect(statements).toEqual([
      {
        actions: ["ecs:RunTask"],
        resources: ["arn:aws:ecs:eu-west-1:111122223333:task-definition/workspace:*"],
        conditions: { ArnEquals: { "ecs:cluster": CLUSTER }, StringEquals: started },
      },
      {
        actions: ["ecs:TagResource"],
        resources: [TASKS],
        conditions: { StringEquals: { "ecs:CreateAction": "RunTask", ...started } },
      },
      {
        actions: ["ecs:DescribeTasks", "ecs:StopTask"],
        resources: [TASKS],
        conditions: { StringEquals: borne },
      },
      {
        actions: ["ecs:TagResource"],
        resources: [TASKS],
        conditions: {
          StringEquals: borne,
          "ForAllValues:StringEquals": { "aws:TagKeys": "roost:session" },
        },
      },
      { actions: ["ecs:ListTasks"], resources: ["*"], conditions: { ArnEquals: { "ecs:cluster": CLUSTER } } },
      {
        actions: ["iam:PassRole"],
        resources: [
          "arn:aws:iam:eu-west-1:111122223333:role/workspace-task",
          "arn:aws:iam:eu-west-1:111122223333:role/workspace-execution",
        ],
        conditions: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
      },
    ]);
  });

  it("gives credentials of one session to the control plane, and by them that session's things", async () => {
    const graph = await template({ access });
    const trust = JSON.parse(find(graph, ROLE, "workspace-session").inputs.assumeRolePolicy as string);
    expect(trust.Statement).toEqual([
      {
        Effect: "Allow",
        Principal: { AWS: "arn:aws:iam::111122223333:role/roost" },
        Action: ["sts:AssumeRole", "sts:TagSession"],
        Condition: {
          StringEquals: { "aws:RequestTag/roost:template": "workspace" },
          StringLike: { "aws:RequestTag/roost:session": "ses_*" },
          "ForAllValues:StringEquals": { "aws:TagKeys": ["roost:template", "roost:session"] },
        },
      },
    ]);
    const policy = JSON.parse(find(graph, POLICY, "workspace-session-policy").inputs.policy as string);
    expect(policy.Statement).toMatchObject([{ Resource: [own] }]);
    const { statements } = graph.outputs.grantLaunch as { statements: object[] };
    expect(statements.at(-1)).toEqual({
      actions: ["sts:AssumeRole", "sts:TagSession"],
      resources: ["arn:aws:iam:eu-west-1:111122223333:role/workspace-session"],
    });
  });

  it("lets nobody in but who holds the grant, other sessions neither", async () => {
    const graph = await record(() => {
      const workspace = new SessionTemplate("workspace", basic);
      const grants = [workspace.grantReach];
      new FargateService("proxy", { cluster, network, image, grants, alarms: { choice: "none" } });
    });
    const ways = graph.resources.filter(({ type }) => type.endsWith(":SecurityGroupIngressRule"));
    expect(ways.map(({ inputs }) => inputs)).toMatchObject([
      {
        securityGroupId: "workspace-group.id",
        referencedSecurityGroupId: "proxy-group.id",
        fromPort: 8080,
        toPort: 8080,
      },
    ]);
  });

  it.each<[string, Partial<SessionTemplateArgs>, string]>([
    ["no port", { port: undefined }, "port is missing"],
    ["too short a life", { ttlSeconds: 59 }, "ttlSeconds is 59; allowed: a whole number from 60 to 604800"],
    ["an unknown role", { overrides: { service: {} } }, "overrides.service"],
    ["root", { user: "0" }, "a user that is not root"],
    ["access to nothing", { access: { ...access, statements: [] } }, "access.statements"],
    [
      "access to what is every session's",
      {
        access: {
          ...access,
          statements: [{ actions: ["s3:GetObject"], resources: [own, "arn:aws:s3:::homes/*"] }],
        },
      },
      "access.statements[0]",
    ],
  ])("refuses %s", async (_, args, message) => {
    await expect(template(args)).rejects.toThrow(message);
  });

  it("takes a condition for all resources as well", async () => {
    const conditions = { StringLike: { "s3:prefix": `${OWN_SESSION}/*` } };
    const statements = [{ actions: ["s3:ListBucket"], resources: ["arn:aws:s3:::homes"], conditions }];
    const graph = await template({ access: { ...access, statements } });
    expect(find(graph, POLICY, "workspace-session-policy").inputs.policy).toContain("s3:prefix");
  });

  it("knows each role", async () => {
    const marked = Object.fromEntries(SESSION_TEMPLATE_ROLES.map((role) => [role, { tags: { role } }]));
    const graph = await template({ access, overrides: marked });
    const seen = graph.resources.map(({ inputs }) => (inputs.tags as { role?: string } | undefined)?.role);
    expect([...new Set(seen.filter((role) => role !== undefined))].sort()).toEqual(
      [...SESSION_TEMPLATE_ROLES].filter((role) => role !== "ingressRule").sort(),
    );
  });

  it("makes the graph that is kept, from the documented example", async () => {
    const graph = await record(() => {
      const network = new Network("main", { zones: ["eu-west-1a", "eu-west-1b"], egress: "natSingle" });
      const cluster = new Cluster("main", { accountId: "111122223333", region: "eu-west-1" });
      const workspace = new SessionTemplate("workspace", {
        cluster,
        network,
        image,
        port: 8080,
        ttlSeconds: 7200,
        access,
      });
      return { runTask: workspace.runTask };
    });
    expectGolden(graph, "test/components/session-template/fixtures/production.json");
  });
});
