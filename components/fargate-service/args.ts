import type { Input } from "@pulumi/pulumi";
import type { AlarmArgs } from "../alarms.ts";
import type { SecretReference, TaskArgs } from "../fargate-task/args.ts";
import type { Exposure, IngressArgs, LoadBalancerReference } from "../load-balancer/args.ts";

/** Who says which image runs. */
export const ImageOwner = {
  /** The program: a changed image is a deployment. */
  pulumi: "pulumi",
  /**
   * Somebody else, such as a CI that registers revisions and updates the service. The program makes the first
   * revision and leaves the running one alone; a later change of the definition makes a revision that the
   * owner's next deployment builds on.
   */
  external: "external",
} as const;
export type ImageOwner = (typeof ImageOwner)[keyof typeof ImageOwner];

/** How a new version takes over. */
export const DeploymentStrategy = {
  /** Task by task. */
  rolling: "ROLLING",
  /** A whole second set, tested, then all traffic at once. */
  blueGreen: "BLUE_GREEN",
  /** A second set that gets a small part of the traffic first. */
  canary: "CANARY",
  /** A second set that gets the traffic in equal steps. */
  linear: "LINEAR",
} as const;
export type DeploymentStrategy = (typeof DeploymentStrategy)[keyof typeof DeploymentStrategy];

/** How a new version takes over; whatever the strategy, a version that does not come up is taken back. */
export interface DeploymentArgs {
  /** Default `DeploymentStrategy.rolling`. */
  strategy?: DeploymentStrategy;
  /** Minutes for which the earlier version stays ready after the switch, 0 to 1440; not for rolling. Default 5. */
  bakeMinutes?: number;
  /** Per cent of the traffic that a canary gets, 1 to 99. Default 10. */
  canaryPercent?: number;
  /** Minutes for which a canary is watched, 0 to 1440. Default 10. */
  canaryMinutes?: number;
  /** Per cent of the traffic that each linear step adds, 3 to 99. Default 20. */
  stepPercent?: number;
  /** Minutes between linear steps, 0 to 1440. Default 5. */
  stepMinutes?: number;
  /** Per cent of the tasks that stay healthy while rolling, 0 to 100. Default 100. */
  minimumHealthyPercent?: number;
  /** Per cent of the tasks that may run while rolling, 101 to 200. Default 200. */
  maximumPercent?: number;
  /** Names of CloudWatch alarms that take a deployment back when they go off. */
  rollbackAlarmNames?: Input<string>[];
  /** Waits until the deployment is over, so that a failed one fails the update. Default true when Pulumi owns the image. */
  wait?: boolean;
}

/** Which requests are for the service. At least one of hosts and paths. */
export interface RouteArgs {
  /** Host names, with `*` for any part. */
  hosts?: string[];
  /** Paths, with `*` for any part, such as /api/*. */
  paths?: string[];
  /** 1 to 50000, the lowest is asked first. Default: from hosts, paths and name, so it never changes by others. */
  priority?: number;
}

/** How the load balancer asks whether a task is well. */
export interface TargetHealthArgs {
  /** Port of the tasks that answers, such as one for management. Default: the one that requests go to. */
  port?: number;
  /** Default /. */
  path?: string;
  /** Status codes that are well, such as 200 or 200-299; of gRPC, such as 0. Default 200-299, of gRPC 0. */
  codes?: string;
  /** Seconds between checks, 5 to 300. Default 15. */
  intervalSeconds?: number;
  /** Seconds that an answer may take, 2 to 120; less than the interval. Default 5. */
  timeoutSeconds?: number;
  /** Seconds after the start in which failures do not count, 0 to 3600. Default 60. */
  graceSeconds?: number;
}

/** A load balancer for this service alone. */
export interface OwnLoadBalancerArgs {
  exposure: Exposure;
  /** ARN of the ACM certificate, of the service's region. */
  certificateArn: Input<string>;
  /** Region of the service; as the cluster's, but known at construction. */
  region: string;
  /** Account number of the service; as the cluster's, but known at construction. */
  accountId: string;
  ingress?: IngressArgs;
  /** Adds a listener for test traffic of new versions. Default none. */
  testPort?: number;
}

/** A further load balancer that leads to the same port. */
export interface FurtherFrontArgs {
  shared: LoadBalancerReference;
  /** Which of its requests are for the service, by a name of your choice. */
  routes: Record<string, RouteArgs>;
}

/** How requests reach the service: through a load balancer that is there, or one of its own. */
export interface FrontArgs {
  /** A load balancer that services share. One of `shared` and `own`. */
  shared?: LoadBalancerReference;
  /** A load balancer for this service. One of `shared` and `own`. */
  own?: OwnLoadBalancerArgs;
  /** Which requests are for the service, by a name of your choice; exactly one unless deployments are rolling. */
  routes: Record<string, RouteArgs>;
  /**
   * Further load balancers by a name of your choice, such as an internal one for administrators; with rolling
   * deployments only. Default none.
   */
  also?: Record<string, FurtherFrontArgs>;
  health?: TargetHealthArgs;
  /** Shows a new version at the load balancer's test listener first. Default false. */
  testTraffic?: boolean;
  /** Seconds for which a client stays with a task by cookie, 1 to 604800. Default: it does not. */
  stickySeconds?: number;
  /** Seconds that requests get to end before a task is stopped, 0 to 3600. Default 30. */
  drainSeconds?: number;
}

/** How services of the cluster's namespace find this one. */
export interface ServiceConnectArgs {
  /** Default true when the cluster has a namespace. */
  enabled?: boolean;
  /** Name under which others call it. Default: the component's name. Published only with `port`. */
  dnsName?: string;
  /** Writes each call into the proxy's log. Default true. */
  accessLog?: boolean;
}

/** How much of which kind of capacity. */
export interface CapacityArgs {
  /** Tasks that always run on demand, 0 to 1000. Default 1. */
  onDemandBase?: number;
  /** Share of on-demand tasks beyond the base, 0 to 1000. Default 1. */
  onDemandWeight?: number;
  /** Share of Spot tasks beyond the base, 0 to 1000: 70 % cheaper, stopped with two minutes' notice. Default 0. */
  spotWeight?: number;
}

/** A change of the limits at fixed times. */
export interface ScheduleArgs {
  /** `cron(0 7 ? * MON-FRI *)`, `rate(1 hour)` or `at(2027-01-01T00:00:00)`. */
  at: string;
  /** Time zone by IANA name. Default UTC. */
  timeZone?: string;
  /** Fewest tasks from then on. */
  minimum: number;
  /** Most tasks from then on. */
  maximum: number;
}

/** How the number of tasks follows the load. */
export interface AutoscalingArgs {
  /** Default true. */
  enabled?: boolean;
  /** Fewest tasks. Default 2. */
  minimum?: number;
  /** Most tasks. Default 10. */
  maximum?: number;
  /** Per cent of CPU that is aimed at, 1 to 100. Default 75. */
  cpuPercent?: number;
  /** Per cent of memory that is aimed at, 1 to 100. Default 75. */
  memoryPercent?: number;
  /** Requests a minute and task that are aimed at; needs `front` and rolling deployments. Default: not by requests. */
  requestsPerMinute?: number;
  /** Other limits at fixed times, by a name of your choice. */
  schedules?: Record<string, ScheduleArgs>;
}

/** A managed Prometheus that a collector writes to: what `MonitoringOnAws` gives out. */
export interface MetricsTargetArgs {
  /** `monitoring.prometheusEndpoint`. */
  endpoint: Input<string>;
  /** `monitoring.workspaceArn`: the task's role may write to it. */
  workspaceArn: Input<string>;
}

/**
 * An OpenTelemetry collector in each task, as the sidecar `collector`. The service finds it by the variables of
 * OpenTelemetry's SDKs, `OTEL_EXPORTER_OTLP_ENDPOINT` and its like, which are set unless `environment` has them.
 */
export interface CollectorArgs {
  /** Default true. */
  enabled?: boolean;
  /** OpenTelemetry's contrib distribution or that of AWS, named as `imagePinning` says. */
  image: Input<string>;
  /** Where metrics go: those that the service sends, and the task's CPU, memory, network and disk. Default: none are gathered. */
  metrics?: MetricsTargetArgs;
  /** Path on the service's port that gives metrics as Prometheus reads them, such as /metrics. Default: it is not asked. */
  scrapePath?: string;
  /** Token that the service asks for there (`Authorization: Bearer`). Default: none. */
  scrapeToken?: SecretReference;
  /** Seconds between two readings, 10 to 300. Default 30. */
  intervalSeconds?: number;
  /** Sends the traces that the service gives to X-Ray. Default false. */
  traces?: boolean;
}

export interface FargateServiceArgs extends TaskArgs {
  /** Default `ImageOwner.pulumi`. */
  imageOwner?: ImageOwner;
  /** Number of tasks when it does not follow the load. Default 2. */
  tasks?: number;
  deployment?: DeploymentArgs;
  /** Default: no load balancer. */
  front?: FrontArgs;
  connect?: ServiceConnectArgs;
  capacity?: CapacityArgs;
  autoscaling?: AutoscalingArgs;
  /** Default: nothing is gathered beside what ECS and the load balancer measure. */
  collector?: CollectorArgs;
  alarms: AlarmArgs;
}
