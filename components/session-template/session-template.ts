import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import { all, ComponentResource, type ComponentResourceOptions, type Output, output } from "@pulumi/pulumi";
import { documentText } from "../document.ts";
import { MAIN } from "../fargate-task/container-plan.ts";
import { makeTask, type Task } from "../fargate-task/task.ts";
import { type Grant, policyDocument } from "../grants.ts";
import { override } from "../overrides.ts";
import type { SessionAccessArgs, SessionRunTask, SessionTemplateArgs } from "./args.ts";
import { checkSessionTemplate, DEFAULT_TTL_SECONDS } from "./check.ts";
import { planLaunch, sessionTrust, TEMPLATE_TAG, TTL_TAG } from "./session-policy.ts";

/** Beside the instances, because schema inference publishes every field. */
const grants = new WeakMap<SessionTemplate, { launch: Grant; reach: Grant }>();

/**
 * What a control plane starts users' sessions from, one task on Fargate each: the task definition, roles, a
 * security group that lets only the proxy in and sessions not reach each other, and the input of RunTask. Nothing
 * runs until a session is started.
 *
 * ```ts
 * const workspace = new SessionTemplate("workspace", {
 *   cluster,
 *   network,
 *   image: "111122223333.dkr.ecr.eu-west-1.amazonaws.com/workspace@sha256:…",
 *   port: 8080,
 *   ttlSeconds: 7200,
 * });
 * const held = { grants: [workspace.grantLaunch, workspace.grantReach] }; // arguments of the control plane's service
 * ```
 *
 * A month: the template nothing but its logs; a session of the smallest size about 0.01 USD an hour on ARM.
 */
export class SessionTemplate extends ComponentResource {
  /** Input of RunTask but for what differs from session to session. */
  readonly runTask: Output<SessionRunTask>;
  /** Name of the container that users reach. */
  readonly containerName: Output<string>;
  /** Port of a session. */
  readonly port: Output<number>;
  /** Seconds after which the control plane ends a session. */
  readonly ttlSeconds: Output<number>;
  readonly securityGroupId: Output<string>;
  readonly taskDefinitionArn: Output<string>;
  /** Role that all sessions act as. */
  readonly taskRoleArn: Output<string>;
  /** Role that credentials of one session are made of; empty without `access`. */
  readonly sessionRoleArn: Output<string>;
  readonly logGroupName: Output<string>;

  constructor(name: string, args: SessionTemplateArgs, opts?: ComponentResourceOptions) {
    super("roost-components:index:SessionTemplate", name, {}, opts);
    const parent = this;
    const { ttlSeconds = DEFAULT_TTL_SECONDS, cluster } = args;

    const task = makeTask("SessionTemplate", name, args, this, checkSessionTemplate(name, args));
    const sessionRole = args.access && makeSessionRole(args.access);

    const port = args.port!;
    grants.set(this, {
      launch: {
        name: `${name}-launch`,
        statements: planLaunch({
          template: name,
          family: args.family ?? name,
          clusterArn: cluster.arn,
          clusterName: cluster.name,
          region: cluster.region,
          accountId: cluster.accountId,
          roleArns: [task.taskRole.arn, task.executionRole.arn],
          sessionRoleArn: sessionRole?.arn,
        }),
      },
      reach: { name: `${name}-reach`, connections: [{ securityGroupId: task.securityGroup.id, port }] },
    });
    this.runTask = runTaskInput(name, { ...args, ttlSeconds }, task);
    this.containerName = output(MAIN);
    this.port = output(port);
    this.ttlSeconds = output(ttlSeconds);
    this.securityGroupId = task.securityGroup.id;
    this.taskDefinitionArn = task.definition.arn;
    this.taskRoleArn = task.taskRole.arn;
    this.sessionRoleArn = sessionRole?.arn ?? output("");
    this.logGroupName = task.logGroup.name;
    this.registerOutputs({
      runTask: this.runTask,
      containerName: this.containerName,
      port: this.port,
      ttlSeconds: this.ttlSeconds,
      securityGroupId: this.securityGroupId,
      taskDefinitionArn: this.taskDefinitionArn,
      taskRoleArn: this.taskRoleArn,
      sessionRoleArn: this.sessionRoleArn,
      logGroupName: this.logGroupName,
    });

    function makeSessionRole({ controllerRoleArn, statements }: SessionAccessArgs): Role {
      const role = new Role(
        `${name}-session`,
        override(args.overrides, "sessionRole", {
          assumeRolePolicy: sessionTrust(controllerRoleArn, name),
          permissionsBoundary: args.permissionsBoundaryArn,
          description: `What one session of ${name} may reach`,
          tags: args.tags,
        }),
        { parent },
      );
      const policyName = `${name}-session-policy`;
      const policy = documentText(policyName, "policy", policyDocument(statements), parent);
      new RolePolicy(policyName, { role: role.id, policy }, { parent });
      return role;
    }
  }

  /** To start, tag, see and end sessions of this template, and to make credentials of one session. */
  get grantLaunch(): Grant {
    return grants.get(this)!.launch;
  }

  /** To reach sessions on their port, as a proxy does. Nobody else comes in, other sessions neither. */
  get grantReach(): Grant {
    return grants.get(this)!.reach;
  }
}

function runTaskInput(
  name: string,
  { cluster, network, spot = false, exec = false, ttlSeconds }: SessionTemplateArgs,
  { definition, securityGroup }: Task,
): Output<SessionRunTask> {
  return all([cluster.arn, definition.arn, network.privateSubnetIds, securityGroup.id]).apply(
    ([clusterArn, taskDefinition, subnets, group]) => ({
      cluster: clusterArn,
      taskDefinition,
      capacityProviderStrategy: [{ capacityProvider: spot ? "FARGATE_SPOT" : "FARGATE", weight: 1 }],
      networkConfiguration: {
        awsvpcConfiguration: { subnets, securityGroups: [group], assignPublicIp: "DISABLED" },
      },
      platformVersion: "LATEST",
      enableExecuteCommand: exec,
      enableECSManagedTags: true,
      propagateTags: "TASK_DEFINITION",
      tags: [
        { key: TEMPLATE_TAG, value: name },
        { key: TTL_TAG, value: `${ttlSeconds}` },
      ],
    }),
  );
}
