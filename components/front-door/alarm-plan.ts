import type { AzureAlarmSpec } from "../azure-alarms.ts";

/** What somebody must hear of: viewers see errors, or wait. */
export function planFrontDoorAlarms(name: string): AzureAlarmSpec[] {
  const common = {
    namespace: "Microsoft.Cdn/profiles",
    aggregation: "Average",
    operator: "GreaterThan",
  } as const;
  return [
    {
      ...common,
      key: "errors",
      description: `More than 5 of 100 viewers of ${name} see a server error. Look at its origins, then at its log.`,
      metric: "Percentage5XX",
      threshold: 5,
      windowMinutes: 5,
    },
    {
      ...common,
      key: "slow",
      description: `Answers of ${name} take more than 3 seconds on average. Look at the origins' latency.`,
      metric: "TotalLatency",
      threshold: 3000,
      windowMinutes: 15,
    },
  ];
}
