// The number of tasks follows the load and the clock.

import { Policy } from "@pulumi/aws/appautoscaling/policy.js";
import { ScheduledAction } from "@pulumi/aws/appautoscaling/scheduledAction.js";
import { Target } from "@pulumi/aws/appautoscaling/target.js";
import { type Input, interpolate, type Resource } from "@pulumi/pulumi";
import { type Overrides, override } from "../overrides.ts";
import type { AutoscalingArgs } from "./args.ts";

/** Seconds: out soon, in late, so that a wave does not make tasks come and go. */
const COOLDOWN = { out: 60, in: 300 };

interface ScalingRule {
  key: string;
  metric: string;
  target: number;
  /** Which target group is counted. */
  label?: Input<string>;
}

export function planScaling(args: AutoscalingArgs, requestLabel: Input<string> | undefined): ScalingRule[] {
  return [
    { key: "cpu", metric: "ECSServiceAverageCPUUtilization", target: args.cpuPercent ?? 75 },
    { key: "memory", metric: "ECSServiceAverageMemoryUtilization", target: args.memoryPercent ?? 75 },
    ...(args.requestsPerMinute === undefined
      ? []
      : [
          {
            key: "requests",
            metric: "ALBRequestCountPerTarget",
            target: args.requestsPerMinute,
            label: requestLabel,
          },
        ]),
  ];
}

export function makeScaling(
  args: AutoscalingArgs,
  context: {
    name: string;
    parent: Resource;
    clusterName: Input<string>;
    serviceName: Input<string>;
    /** Of load balancer and target group, as CloudWatch names them together. */
    requestLabel?: Input<string>;
    tags?: Record<string, Input<string>>;
    overrides?: Overrides;
  },
): void {
  const { name, parent, overrides, tags } = context;
  const target = new Target(
    `${name}-scaling`,
    override(overrides, "scalingTarget", {
      serviceNamespace: "ecs",
      scalableDimension: "ecs:service:DesiredCount",
      resourceId: interpolate`service/${context.clusterName}/${context.serviceName}`,
      minCapacity: args.minimum ?? 2,
      maxCapacity: args.maximum ?? 10,
      tags,
    }),
    // A schedule moves the limits.
    { parent, ...(args.schedules && { ignoreChanges: ["minCapacity", "maxCapacity"] }) },
  );
  const scaled = {
    serviceNamespace: target.serviceNamespace,
    scalableDimension: target.scalableDimension,
    resourceId: target.resourceId,
  };
  for (const rule of planScaling(args, context.requestLabel)) {
    new Policy(
      `${name}-scaling-${rule.key}`,
      override(overrides, "scalingPolicy", {
        ...scaled,
        policyType: "TargetTrackingScaling",
        targetTrackingScalingPolicyConfiguration: {
          predefinedMetricSpecification: { predefinedMetricType: rule.metric, resourceLabel: rule.label },
          targetValue: rule.target,
          scaleOutCooldown: COOLDOWN.out,
          scaleInCooldown: COOLDOWN.in,
        },
      }),
      { parent },
    );
  }
  for (const [key, { at, timeZone, minimum, maximum }] of Object.entries(args.schedules ?? {})) {
    new ScheduledAction(
      `${name}-schedule-${key}`,
      override(overrides, "schedule", {
        ...scaled,
        schedule: at,
        timezone: timeZone ?? "UTC",
        scalableTargetAction: { minCapacity: minimum, maxCapacity: maximum },
      }),
      { parent },
    );
  }
}
