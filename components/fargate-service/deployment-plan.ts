// How ECS is told to bring a new version in.

import type { ServiceArgs } from "@pulumi/aws/ecs/service.js";
import { type CapacityArgs, type DeploymentArgs, DeploymentStrategy, ImageOwner } from "./args.ts";

type DeploymentPlan = Pick<
  ServiceArgs,
  | "deploymentConfiguration"
  | "deploymentCircuitBreaker"
  | "deploymentMinimumHealthyPercent"
  | "deploymentMaximumPercent"
  | "alarms"
  | "waitForSteadyState"
>;

/** Whether a strategy runs a second set of tasks beside the first. */
export function hasSecondSet(strategy: DeploymentStrategy | undefined): boolean {
  return strategy !== undefined && strategy !== DeploymentStrategy.rolling;
}

export function planDeployment(
  args: DeploymentArgs = {},
  owner: ImageOwner = ImageOwner.pulumi,
): DeploymentPlan {
  const { strategy = DeploymentStrategy.rolling, rollbackAlarmNames = [] } = args;
  return {
    deploymentConfiguration: {
      strategy,
      ...(hasSecondSet(strategy) && { bakeTimeInMinutes: `${args.bakeMinutes ?? 5}` }),
      ...(strategy === DeploymentStrategy.canary && {
        canaryConfiguration: {
          canaryPercent: args.canaryPercent ?? 10,
          canaryBakeTimeInMinutes: `${args.canaryMinutes ?? 10}`,
        },
      }),
      ...(strategy === DeploymentStrategy.linear && {
        linearConfiguration: {
          stepPercent: args.stepPercent ?? 20,
          stepBakeTimeInMinutes: `${args.stepMinutes ?? 5}`,
        },
      }),
    },
    deploymentCircuitBreaker: { enable: true, rollback: true },
    deploymentMinimumHealthyPercent: args.minimumHealthyPercent ?? 100,
    deploymentMaximumPercent: args.maximumPercent ?? 200,
    ...(rollbackAlarmNames.length > 0 && {
      alarms: { alarmNames: rollbackAlarmNames, enable: true, rollback: true },
    }),
    waitForSteadyState: args.wait ?? owner === ImageOwner.pulumi,
  };
}

/** What a program must leave alone because somebody else moves it. */
export function planIgnored(owner: ImageOwner = ImageOwner.pulumi, scales: boolean): string[] {
  return [...(scales ? ["desiredCount"] : []), ...(owner === ImageOwner.external ? ["taskDefinition"] : [])];
}

export function planCapacity({ onDemandBase = 1, onDemandWeight = 1, spotWeight = 0 }: CapacityArgs = {}) {
  return [
    { capacityProvider: "FARGATE", base: onDemandBase, weight: onDemandWeight },
    ...(spotWeight > 0 ? [{ capacityProvider: "FARGATE_SPOT", weight: spotWeight }] : []),
  ];
}
