// What a task is made of: log group, two roles, security group, definition. Services and sessions call it.

import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { TaskDefinition } from "@pulumi/aws/ecs/taskDefinition.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import { SecurityGroupEgressRule } from "@pulumi/aws/vpc/securityGroupEgressRule.js";
import { all, type Input, interpolate, type Resource } from "@pulumi/pulumi";
import { documentText, type JsonDocument, withDocumentText } from "../document.ts";
import { type Fault, judged, refuse } from "../faults.ts";
import { type GrantedConnection, type PolicyStatement, policyDocument, trustPolicy } from "../grants.ts";
import { DEFAULT_RETENTION_DAYS } from "../logs.ts";
import { openPath } from "../network-path.ts";
import { override } from "../overrides.ts";
import { partitionOf } from "../regions.ts";
import { Architecture, type TaskArgs } from "./args.ts";
import { planContainers } from "./container-plan.ts";
import { planExecutionPolicy } from "./execution-policy.ts";
import { checkImage } from "./image.ts";
import { DEFAULT_CPU, leastMemory } from "./task-size.ts";

export interface Task {
  definition: TaskDefinition;
  taskRole: Role;
  executionRole: Role;
  securityGroup: SecurityGroup;
  logGroup: LogGroup;
}

/**
 * @param component for messages, such as "FargateService".
 * @param faults of the whole component; refused here together with those of images.
 */
export function makeTask(
  component: string,
  name: string,
  given: TaskArgs,
  parent: Resource,
  faults: readonly Fault[],
): Task {
  const { args, images } = judgeInputs(component, name, given, faults);
  const { cluster, tags, overrides } = args;
  const { cpu = DEFAULT_CPU, memoryMiB = leastMemory(cpu) } = args;

  const logGroup = makeLogGroup();
  const securityGroup = makeSecurityGroup();
  const executionRole = makeRole("execution", "executionRole", `Starts tasks of ${name}`);
  makePolicy("execution-policy", executionRole, executionPolicy());
  const taskRole = makeRole("task", "taskRole", `What tasks of ${name} may do`);
  makeGrants();
  return { definition: makeDefinition(), taskRole, executionRole, securityGroup, logGroup };

  function makeLogGroup(): LogGroup {
    const settings = {
      retentionInDays: args.logs?.retentionDays ?? DEFAULT_RETENTION_DAYS,
      kmsKeyId: args.logs?.kmsKeyArn,
      tags,
    };
    return new LogGroup(`${name}-logs`, override(overrides, "logGroup", settings), { parent });
  }

  /** Nothing comes in but what a load balancer or a holder of a grant opens; HTTPS goes out. */
  function makeSecurityGroup(): SecurityGroup {
    const group = new SecurityGroup(
      `${name}-group`,
      override(overrides, "securityGroup", {
        vpcId: args.network.vpcId,
        description: `Tasks of ${name}`,
        tags: { ...tags, Name: name },
      }),
      { parent },
    );
    new SecurityGroupEgressRule(
      `${name}-to-https`,
      override(overrides, "egressRule", {
        securityGroupId: group.id,
        cidrIpv4: "0.0.0.0/0",
        ipProtocol: "tcp",
        fromPort: 443,
        toPort: 443,
        description: "HTTPS: images, logs, secrets, APIs",
        tags,
      }),
      { parent },
    );
    return group;
  }

  /** Only ECS in this account and region takes the role. */
  function makeRole(suffix: string, role: string, description: string): Role {
    const source = all([cluster.region, cluster.accountId]).apply(
      ([region, account]) => `arn:${partitionOf(region)}:ecs:${region}:${account}:*`,
    );
    return new Role(
      `${name}-${suffix}`,
      override(overrides, role, {
        assumeRolePolicy: trustPolicy("ecs-tasks.amazonaws.com", {
          ArnLike: { "aws:SourceArn": source },
          StringEquals: { "aws:SourceAccount": cluster.accountId },
        }),
        permissionsBoundary: args.permissionsBoundaryArn,
        description,
        tags,
      }),
      { parent },
    );
  }

  function makePolicy(suffix: string, role: Role, document: JsonDocument): void {
    const policy = documentText(`${name}-${suffix}`, "policy", document, parent);
    new RolePolicy(`${name}-${suffix}`, { role: role.id, policy }, { parent });
  }

  function executionPolicy(): JsonDocument {
    const secrets = [args, ...Object.values(args.sidecars ?? {})].flatMap((container) =>
      Object.values(container.secrets ?? {}),
    );
    const keyArns = secrets.map(({ kmsKeyArn }) => kmsKeyArn).filter((arn) => arn !== undefined);
    const secretArns = secrets.map(({ arn }) => arn);
    return policyDocument(planExecutionPolicy({ logGroupArn: logGroup.arn, images, secretArns, keyArns }));
  }

  function makeGrants(): void {
    for (const { name: grant, statements = [], connections = [] } of args.grants ?? []) {
      if (statements.length > 0) makePolicy(`grant-${grant}`, taskRole, policyDocument(statements));
      for (const connection of connections) makeConnection(grant, connection);
    }
    for (const [key, file] of Object.entries(args.files ?? {})) {
      const actions = [
        "elasticfilesystem:ClientMount",
        ...(file.readOnly ? [] : ["elasticfilesystem:ClientWrite"]),
      ];
      const document = policyDocument([
        {
          actions,
          resources: [file.fileSystemArn],
          conditions: { StringEquals: { "elasticfilesystem:AccessPointArn": file.accessPointArn } },
        },
      ]);
      makePolicy(`files-${key}`, taskRole, document);
      makeConnection(`files-${key}`, { securityGroupId: file.securityGroupId, port: 2049 });
    }
    if (args.exec) makePolicy("exec", taskRole, policyDocument(execStatements()));
  }

  function makeConnection(key: string, { securityGroupId, port }: GrantedConnection): void {
    openPath(
      [securityGroup.id, `${name}-to-${key}-${port}`, `To ${key}`],
      [securityGroupId, `${name}-into-${key}-${port}`, `From ${name}`],
      port,
      { parent, tags, overrides },
    );
  }

  /** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html; channels have no ARN. */
  function execStatements(): PolicyStatement[] {
    const channels = ["CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel"];
    return [
      { actions: channels.map((channel) => `ssmmessages:${channel}`), resources: ["*"] },
      { actions: ["kms:Decrypt"], resources: [cluster.execKeyArn] },
      {
        actions: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
        resources: [interpolate`${cluster.execLogGroupArn ?? ""}:*`],
      },
    ];
  }

  /** One family for good: a new image is a new revision, and earlier ones stay for the way back. */
  function makeDefinition(): TaskDefinition {
    const plan = planContainers(args, { group: logGroup.name, region: cluster.region });
    const settings = override(overrides, "taskDefinition", {
      family: args.family ?? name,
      requiresCompatibilities: ["FARGATE"],
      networkMode: "awsvpc",
      cpu: `${cpu}`,
      memory: `${memoryMiB}`,
      runtimePlatform: {
        cpuArchitecture: args.architecture ?? Architecture.arm64,
        operatingSystemFamily: "LINUX",
      },
      executionRoleArn: executionRole.arn,
      taskRoleArn: taskRole.arn,
      containerDefinitions: plan.containers as Input<string> | JsonDocument,
      volumes: [
        ...plan.scratchVolumes.map((volume) => ({ name: volume })),
        ...Object.entries(plan.fileVolumes).map(([volume, key]) => fileVolume(volume, key)),
      ],
      ...(args.storageGiB !== undefined && { ephemeralStorage: { sizeInGib: args.storageGiB } }),
      skipDestroy: true,
      tags,
    });
    return new TaskDefinition(
      `${name}-task`,
      withDocumentText(`${name}-task`, "containerDefinitions", settings, parent),
      { parent },
    );
  }

  function fileVolume(volume: string, key: string) {
    const { fileSystemId, accessPointId } = args.files![key]!;
    return {
      name: volume,
      efsVolumeConfiguration: {
        fileSystemId,
        transitEncryption: "ENABLED",
        authorizationConfig: { accessPointId, iam: "ENABLED" },
      },
    };
  }
}

/** The arguments, of which inputs are judged as soon as they are known; refuses everything that is wrong by now. */
function judgeInputs(component: string, name: string, args: TaskArgs, faults: readonly Fault[]) {
  const judge = (field: string, image: Input<string>) =>
    judged(component, name, image, (known) => checkImage(field, known, args.imagePinning));
  const main = judge("image", args.image);
  const sidecars = Object.entries(args.sidecars ?? {}).map(([key, sidecar]) => ({
    key,
    sidecar,
    image: judge(`sidecars.${key}.image`, sidecar.image),
  }));
  const execKey = judged(component, name, args.cluster.execKeyArn ?? "", (arn) =>
    args.exec && arn === "" ? [{ field: "exec", value: true, allowed: "true in a cluster with exec" }] : [],
  );
  refuse(component, name, [
    ...faults,
    ...main.faults,
    ...sidecars.flatMap(({ image }) => image.faults),
    ...execKey.faults,
  ]);
  return {
    args: {
      ...args,
      cluster: { ...clusterOf(args), execKeyArn: execKey.value },
      image: main.value,
      sidecars: Object.fromEntries(
        sidecars.map(({ key, sidecar, image }) => [key, { ...sidecar, image: image.value }]),
      ),
    },
    images: [main.value, ...sidecars.map(({ image }) => image.value)],
  };
}

/** The reference alone: a `Cluster` is a component, which spreading would copy whole. */
function clusterOf({ cluster: { arn, name, region, accountId, namespaceArn, execLogGroupArn } }: TaskArgs) {
  return { arn, name, region, accountId, namespaceArn, execLogGroupArn };
}
