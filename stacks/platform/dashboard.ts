import type { Input } from "@pulumi/pulumi";
import {
  type AlarmArgs,
  type DashboardArgs,
  type FargateService,
  type LoadBalancer,
  MonitoringOnAws,
  type PanelArgs,
  type Postgres,
  Unit,
} from "../../components/index.ts";

export interface Watched {
  region: string;
  clusterName: Input<string>;
  front: LoadBalancer;
  api: FargateService;
  workers: FargateService;
  database: Postgres;
  alarms: AlarmArgs;
  tags: Record<string, string>;
}

/** What there is to see of the platform. What somebody is told of are the alarms of its parts. */
export function makePlatformDashboard(watched: Watched): MonitoringOnAws {
  const { region, alarms, tags } = watched;
  return new MonitoringOnAws("watch", {
    region,
    alarms,
    tags,
    dashboards: { platform: planDashboard(watched) },
  });
}

function planDashboard({ clusterName, front, api, workers, database }: Watched): DashboardArgs {
  const ofFront = (metric: string, statistic: string) => ({
    cloudWatch: {
      namespace: "AWS/ApplicationELB",
      metric,
      statistic,
      dimensions: { LoadBalancer: front.arnSuffix },
    },
  });
  const processor = (title: string, { serviceName }: FargateService): PanelArgs => ({
    title,
    unit: Unit.percent,
    limit: 90,
    queries: Object.fromEntries(
      ["CPUUtilization", "MemoryUtilization"].map((metric) => [
        metric,
        {
          cloudWatch: {
            namespace: "AWS/ECS",
            metric,
            statistic: "Average",
            dimensions: { ClusterName: clusterName, ServiceName: serviceName },
          },
        },
      ]),
    ),
  });
  const ofDatabase = (metric: string) => ({
    cloudWatch: {
      namespace: "AWS/RDS",
      metric,
      statistic: "Average",
      dimensions: { DBInstanceIdentifier: database.identifier },
    },
  });
  return {
    title: "Roost",
    description: "Whether the platform answers and keeps up, for whoever runs it",
    panels: [
      {
        title: "Requests a minute",
        unit: Unit.count,
        queries: {
          all: ofFront("RequestCount", "Sum"),
          failed: ofFront("HTTPCode_Target_5XX_Count", "Sum"),
        },
      },
      {
        title: "Time to answer",
        unit: Unit.seconds,
        queries: { p50: ofFront("TargetResponseTime", "p50"), p99: ofFront("TargetResponseTime", "p99") },
      },
      processor("API", api),
      processor("Workers", workers),
      {
        title: "Database: processor",
        unit: Unit.percent,
        limit: 90,
        queries: { used: ofDatabase("CPUUtilization") },
      },
      {
        title: "Database: connections",
        unit: Unit.count,
        queries: { open: ofDatabase("DatabaseConnections") },
      },
    ],
  };
}
