import type { Input } from "@pulumi/pulumi";
import type { TaskArgs } from "../fargate-task/args.ts";
import type { PolicyStatement } from "../grants.ts";

/** What a session's user may reach in AWS, by credentials that the control plane hands out for one session. */
export interface SessionAccessArgs {
  /** ARN of the role that the control plane acts as: it alone takes the session role, by naming the session. */
  controllerRoleArn: Input<string>;
  /**
   * What is allowed. Each statement names `${aws:PrincipalTag/roost:session}` in a resource or a condition, so
   * that a session reaches its own things only.
   */
  statements: PolicyStatement[];
}

export interface SessionTemplateArgs extends TaskArgs {
  /** Seconds from the start after which the control plane ends a session, 60 to 604800. Default 14400. */
  ttlSeconds?: number;
  /** Runs on Spot: 70 % cheaper, ended with two minutes' notice when AWS needs the machine. Default false. */
  spot?: boolean;
  /** Default: sessions have no credentials but what `grants` give to all of them. */
  access?: SessionAccessArgs;
}

/** A share of capacity. */
export interface RunTaskCapacity {
  /** FARGATE or FARGATE_SPOT. */
  capacityProvider: string;
  /** Relative share. */
  weight: number;
}

/** Where a task is in the network. */
export interface RunTaskVpc {
  /** Ids of private subnets. */
  subnets: string[];
  /** Ids of security groups. */
  securityGroups: string[];
  /** DISABLED: sessions have private addresses only. */
  assignPublicIp: string;
}

/** The network of a task. */
export interface RunTaskNetwork {
  /** Where it is in the VPC. */
  awsvpcConfiguration: RunTaskVpc;
}

/** A tag of a task. */
export interface RunTaskTag {
  /** Name. */
  key: string;
  /** Value. */
  value: string;
}

/**
 * Input of ECS RunTask but for what differs from session to session: `clientToken`, `startedBy`, `count`,
 * `overrides`, and the tag `roost:session`.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
 */
export interface SessionRunTask {
  /** ARN of the cluster. */
  cluster: string;
  /** ARN of the revision. */
  taskDefinition: string;
  /** On demand or Spot. */
  capacityProviderStrategy: RunTaskCapacity[];
  /** Private subnets and the template's security group. */
  networkConfiguration: RunTaskNetwork;
  /** LATEST. */
  platformVersion: string;
  /** Whether shells are possible. */
  enableExecuteCommand: boolean;
  /** True: ECS tags the task with its cluster. */
  enableECSManagedTags: boolean;
  /** TASK_DEFINITION: the template's tags are on each task. */
  propagateTags: string;
  /** `roost:template` and `roost:ttl-seconds`; a session's own tags are added to them. */
  tags: RunTaskTag[];
}
