import { Service, type ServiceArgs } from "@pulumi/aws/ecs/service.js";
import {
  all,
  ComponentResource,
  type ComponentResourceOptions,
  interpolate,
  type Output,
  output,
} from "@pulumi/pulumi";
import { makeAlarms } from "../alarms.ts";
import { MAIN } from "../fargate-task/container-plan.ts";
import { makeTask } from "../fargate-task/task.ts";
import type { Grant } from "../grants.ts";
import { override } from "../overrides.ts";
import { planServiceAlarms } from "./alarm-plan.ts";
import { type FargateServiceArgs, ImageOwner } from "./args.ts";
import { checkService } from "./check.ts";
import { withCollector } from "./collector-plan.ts";
import { hasSecondSet, planCapacity, planDeployment, planIgnored } from "./deployment-plan.ts";
import { makeFront } from "./front.ts";
import { makeScaling } from "./scaling.ts";

/**
 * A service on ECS Fargate: in private subnets, as a user that is not root, on a file system that is read-only,
 * without capabilities, with roles that name exactly what it uses, and a deployment that takes itself back when
 * the new version does not come up. It follows the load between 2 and 10 tasks.
 *
 * ```ts
 * const api = new FargateService("api", {
 *   cluster,
 *   network,
 *   image: "111122223333.dkr.ecr.eu-west-1.amazonaws.com/api@sha256:…",
 *   port: 8080,
 *   front: { shared: front, routes: { main: { hosts: ["api.example.com"] } } },
 *   grants: [bucket.grantRead],
 *   alarms: { choice: AlarmChoice.notify, topicArns: [topic.arn] },
 * });
 * ```
 *
 * A month: about 7 USD for each task of the smallest size on ARM, 2 on Spot; a load balancer of its own about 20.
 */
export class FargateService extends ComponentResource {
  /** Name of the ECS service. */
  readonly serviceName: Output<string>;
  /** Security group of the tasks. */
  readonly securityGroupId: Output<string>;
  /** Role that the tasks act as. */
  readonly taskRoleArn: Output<string>;
  /** Role that ECS starts the tasks with. */
  readonly executionRoleArn: Output<string>;
  /** Revision that this program made; with an external image owner another one may run. */
  readonly taskDefinitionArn: Output<string>;
  /** Family of every revision: the component's name. */
  readonly taskFamily: Output<string>;
  readonly logGroupName: Output<string>;
  /** Target group; empty without a load balancer. */
  readonly targetGroupArn: Output<string>;
  /** DNS name of the load balancer of its own; empty without one. */
  readonly dnsName: Output<string>;
  /** Hosted zone of that name, for alias records; empty without one. */
  readonly zoneId: Output<string>;
  /** Port of the tasks; 0 when they listen on none. */
  readonly port: Output<number>;

  constructor(name: string, args: FargateServiceArgs, opts?: ComponentResourceOptions) {
    super("roost-components:index:FargateService", name, {}, opts);
    const parent = this;
    const { cluster, tags, overrides, autoscaling } = args;
    const scales = autoscaling?.enabled !== false;

    const task = makeTask("FargateService", name, withCollector(name, args), this, checkService(name, args));
    const front =
      args.front &&
      makeFront(args.front, args, { name, parent, port: args.port!, securityGroupId: task.securityGroup.id });
    const service = makeService();
    if (scales) {
      makeScaling(autoscaling ?? {}, {
        name,
        parent,
        clusterName: cluster.name,
        serviceName: service.name,
        requestLabel: front && interpolate`${front.balancer.arnSuffix}/${front.targetGroup.arnSuffix}`,
        tags,
        overrides,
      });
    }
    makeAlarms(args.alarms, alarms(), { name, parent, tags, overrides });

    this.serviceName = service.name;
    this.securityGroupId = task.securityGroup.id;
    this.taskRoleArn = task.taskRole.arn;
    this.executionRoleArn = task.executionRole.arn;
    this.taskDefinitionArn = task.definition.arn;
    this.taskFamily = task.definition.family;
    this.logGroupName = task.logGroup.name;
    this.targetGroupArn = front?.targetGroup.arn ?? output("");
    this.dnsName = front?.own?.dnsName ?? output("");
    this.zoneId = front?.own?.zoneId ?? output("");
    this.port = output(args.port ?? 0);
    this.registerOutputs({
      serviceName: this.serviceName,
      securityGroupId: this.securityGroupId,
      taskRoleArn: this.taskRoleArn,
      executionRoleArn: this.executionRoleArn,
      taskDefinitionArn: this.taskDefinitionArn,
      taskFamily: this.taskFamily,
      logGroupName: this.logGroupName,
      targetGroupArn: this.targetGroupArn,
      dnsName: this.dnsName,
      zoneId: this.zoneId,
      port: this.port,
    });
    connections.set(this, { name, port: args.port });

    function makeService(): Service {
      const settings: ServiceArgs = {
        cluster: cluster.arn,
        taskDefinition: task.definition.arn,
        desiredCount: args.tasks ?? 2,
        capacityProviderStrategies: planCapacity(args.capacity),
        platformVersion: "LATEST",
        networkConfiguration: {
          subnets: args.network.privateSubnetIds,
          securityGroups: [task.securityGroup.id],
          assignPublicIp: false,
        },
        ...planDeployment(args.deployment, args.imageOwner),
        ...behindFront(),
        serviceConnectConfiguration: serviceConnect(),
        enableExecuteCommand: args.exec ?? false,
        availabilityZoneRebalancing: "ENABLED",
        enableEcsManagedTags: true,
        propagateTags: "SERVICE",
        tags,
      };
      const ignoreChanges = planIgnored(args.imageOwner ?? ImageOwner.pulumi, scales);
      return new Service(`${name}-service`, override(overrides, "service", settings), {
        parent,
        ...(ignoreChanges.length > 0 && { ignoreChanges }),
        ...(front && { dependsOn: front.ready }),
      });
    }

    function behindFront(): Pick<ServiceArgs, "loadBalancers" | "healthCheckGracePeriodSeconds"> {
      if (!front) return {};
      const { targetGroup, alternate, productionRule, testRule, role, further } = front;
      return {
        healthCheckGracePeriodSeconds: args.front?.health?.graceSeconds ?? 60,
        loadBalancers: [
          {
            targetGroupArn: targetGroup.arn,
            containerName: MAIN,
            containerPort: args.port!,
            ...(alternate &&
              role && {
                advancedConfiguration: {
                  alternateTargetGroupArn: alternate.arn,
                  productionListenerRule: productionRule.arn,
                  testListenerRule: testRule?.arn,
                  roleArn: role.arn,
                },
              }),
          },
          ...further.map(({ arn }) => ({
            targetGroupArn: arn,
            containerName: MAIN,
            containerPort: args.port!,
          })),
        ],
      };
    }

    /** A cluster that turns out to have no namespace switches it off. */
    function serviceConnect(): ServiceArgs["serviceConnectConfiguration"] {
      const { enabled = true, dnsName = name, accessLog = true } = args.connect ?? {};
      if (!enabled) return undefined;
      return all([cluster.namespaceArn ?? "", cluster.region, task.logGroup.name]).apply(
        ([namespace, region, group]) => {
          if (namespace === "") return { enabled: false };
          return {
            enabled: true,
            namespace,
            ...(args.port !== undefined && {
              services: [
                { portName: MAIN, discoveryName: dnsName, clientAlias: [{ dnsName, port: args.port }] },
              ],
            }),
            logConfiguration: {
              logDriver: "awslogs",
              options: {
                "awslogs-group": group,
                "awslogs-region": region,
                "awslogs-stream-prefix": "connect",
              },
            },
            ...(accessLog && { accessLogConfiguration: { format: "JSON" } }),
          };
        },
      );
    }

    function alarms() {
      const counted = front && !hasSecondSet(args.deployment?.strategy) ? front : undefined;
      return planServiceAlarms(name, {
        clusterName: cluster.name,
        serviceName: service.name,
        targets: counted && {
          loadBalancer: counted.balancer.arnSuffix,
          targetGroup: counted.targetGroup.arnSuffix,
        },
      });
    }
  }

  /** To call the service on its port, directly or by Service Connect. A service without a port grants nothing. */
  get grantConnect(): Grant {
    const { name, port } = connections.get(this)!;
    return {
      name: `connect-${name}`,
      connections: port === undefined ? [] : [{ securityGroupId: this.securityGroupId, port }],
    };
  }
}

/** What a grant needs to know at construction; a field would be published as an output. */
const connections = new WeakMap<FargateService, { name: string; port?: number }>();
