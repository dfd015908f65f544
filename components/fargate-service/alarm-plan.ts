import type { Input } from "@pulumi/pulumi";
import type { AlarmSpec } from "../alarms.ts";

/** What somebody must hear of: the service is full, or its tasks do not answer. */
export function planServiceAlarms(
  name: string,
  ids: {
    clusterName: Input<string>;
    serviceName: Input<string>;
    /** Present behind a load balancer with one target group. */
    targets?: { loadBalancer: Input<string>; targetGroup: Input<string> };
  },
): AlarmSpec[] {
  const service = { ClusterName: ids.clusterName, ServiceName: ids.serviceName };
  const full = (key: string, metric: string, what: string): AlarmSpec => ({
    key,
    description: `${name} uses more than 90 % of its ${what} for 10 minutes, at its most tasks. Raise the maximum or the size.`,
    namespace: "AWS/ECS",
    metric,
    dimensions: service,
    statistic: "Average",
    comparison: "GreaterThanThreshold",
    threshold: 90,
    periodSeconds: 60,
    periods: 10,
    // No data means that no task runs.
    missingData: "breaching",
  });
  return [
    full("cpu", "CPUUtilization", "CPU"),
    full("memory", "MemoryUtilization", "memory"),
    ...(ids.targets
      ? [
          {
            key: "unhealthy",
            description: `Tasks of ${name} fail their health checks for 5 minutes. Look at its logs and the last deployment.`,
            namespace: "AWS/ApplicationELB",
            metric: "UnHealthyHostCount",
            dimensions: { LoadBalancer: ids.targets.loadBalancer, TargetGroup: ids.targets.targetGroup },
            statistic: "Minimum",
            comparison: "GreaterThanThreshold" as const,
            threshold: 0,
            periodSeconds: 60,
            periods: 5,
          },
        ]
      : []),
  ];
}
