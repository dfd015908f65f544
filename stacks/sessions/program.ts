import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { getProject, getStack, type Input } from "@pulumi/pulumi";
import {
  type CloudWatchQueryArgs,
  Cluster,
  Comparison,
  Egress,
  type Grant,
  MonitoringOnAws,
  Network,
  SessionTemplate,
  Severity,
  Unit,
} from "../../components/index.ts";
import { openPath } from "../../components/network-path.ts";
import { regionOfZone } from "../../components/regions.ts";
import { makeAlarmTopics } from "../alarm-topics.ts";
import { makeDeployPolicy } from "../deploy-policy.ts";
import type { SessionsConfig } from "./config.ts";
import { tellOfTasks } from "./task-events.ts";

/**
 * What users' sessions on Fargate stand on: a network, a cluster, and for each template its task definition, roles,
 * security group, the input of RunTask and a policy for whoever starts sessions. A proxy reaches sessions from the
 * security group `proxy`. Nothing runs until a session is started.
 */
export async function program(config: SessionsConfig) {
  const { accountId, zones } = config;
  const isKept = config.stage === "production";
  const region = regionOfZone(zones[0]!)!;
  const tags = { "roost:stage": config.stage };
  const alarms = makeAlarmTopics(config.alarms, { accountId, regions: [region], tags })[region]!;

  const network = new Network("network", {
    zones,
    egress: isKept ? Egress.natPerAz : Egress.natInstance,
    uses: isKept ? { containerImages: true, logs: true } : {},
    tags,
  });
  const cluster = new Cluster("cluster", { accountId, region, tags });
  const proxy = new SecurityGroup("proxy", {
    vpcId: network.vpcId,
    description: "Proxies that lead users to their sessions",
    tags: { ...tags, Name: "proxy" },
  });
  const templates = Object.entries(config.templates)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, shape]) => {
      // Families are unique in an account and region, which stacks may share.
      const family = `${getProject()}-${getStack()}-${name}`;
      const template = new SessionTemplate(name, { cluster, network, family, tags, ...shape });
      connect(name, proxy.id, template.grantReach, tags);
      const launchPolicy = makeDeployPolicy(`${name}-launch`, template.grantLaunch, tags);
      const { runTask, containerName, port, logGroupName } = template;
      return [
        name,
        { runTask, containerName, port, logGroupName, launchPolicyArn: launchPolicy.arn },
      ] as const;
    });
  const { eventsUrl, eventsToken } = config;
  if (eventsUrl !== undefined && eventsToken !== undefined) {
    tellOfTasks({ clusterArn: cluster.arn, accountId, url: eventsUrl, token: eventsToken, tags });
  }
  const running: CloudWatchQueryArgs = {
    namespace: "ECS/ContainerInsights",
    metric: "TaskCount",
    dimensions: { ClusterName: cluster.name },
    statistic: "Maximum",
    periodSeconds: 300,
  };
  new MonitoringOnAws("watch", {
    region,
    alarms,
    dashboards: {
      sessions: {
        title: "Sessions",
        description: "How many sessions run, for whoever pays for them",
        panels: [
          {
            title: "Running",
            unit: Unit.count,
            limit: config.usualSessions,
            queries: { sessions: { cloudWatch: running } },
          },
        ],
      },
    },
    alerts: {
      sessions: {
        rules: {
          ManySessions: {
            summary: `More than ${config.usualSessions} sessions run`,
            action: "See whether sessions past their time are still there, and who started them",
            severity: Severity.ticket,
            query: { cloudWatch: running },
            comparison: Comparison.above,
            threshold: config.usualSessions,
            minutes: 15,
          },
        },
      },
    },
    tags,
  });

  return {
    templates: Object.fromEntries(templates),
    clusterName: cluster.name,
    vpcId: network.vpcId,
    privateSubnetIds: network.privateSubnetIds,
    proxySecurityGroupId: proxy.id,
  };
}

/** The way from a security group to what a grant opens. */
function connect(
  name: string,
  from: Input<string>,
  { connections = [] }: Grant,
  tags: Record<string, string>,
) {
  for (const { securityGroupId, port } of connections) {
    openPath(
      [from, `proxy-to-${name}`, `To sessions of ${name}`],
      [securityGroupId, `proxy-into-${name}`, "From proxies"],
      port,
      { tags },
    );
  }
}
