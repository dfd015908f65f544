import type { Input } from "@pulumi/pulumi";
import type { AlarmSpec } from "../alarms.ts";

/** What somebody must hear of: the load balancer itself fails, refuses, or is slow. */
export function planLoadBalancerAlarms(name: string, arnSuffix: Input<string>): AlarmSpec[] {
  const common = {
    namespace: "AWS/ApplicationELB",
    dimensions: { LoadBalancer: arnSuffix },
    periodSeconds: 60,
    comparison: "GreaterThanThreshold" as const,
  };
  return [
    {
      ...common,
      key: "errors",
      description: `${name} answers with errors of its own: no healthy target, or targets that close connections. Look at the services behind it.`,
      metric: "HTTPCode_ELB_5XX_Count",
      statistic: "Sum",
      threshold: 10,
      periods: 5,
    },
    {
      ...common,
      key: "target-errors",
      description: `Services behind ${name} answer with errors. Look at their logs and the last deployment.`,
      metric: "HTTPCode_Target_5XX_Count",
      statistic: "Sum",
      threshold: 10,
      periods: 5,
    },
    {
      ...common,
      key: "rejected",
      description: `${name} refuses connections because it is at its limit.`,
      metric: "RejectedConnectionCount",
      statistic: "Sum",
      threshold: 0,
      periods: 1,
    },
    {
      ...common,
      key: "slow",
      description: `1 of 100 requests through ${name} takes more than 3 seconds.`,
      metric: "TargetResponseTime",
      statistic: "p99",
      threshold: 3,
      periods: 10,
    },
  ];
}
