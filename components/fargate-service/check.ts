import { ALARM_ROLE, checkAlarms } from "../alarms.ts";
import { checkTask, TASK_ROLES } from "../fargate-task/check.ts";
import { type Fault, oneOf, wholeNumber } from "../faults.ts";
import { unknownRoles } from "../overrides.ts";
import {
  type AutoscalingArgs,
  type CapacityArgs,
  type DeploymentArgs,
  DeploymentStrategy,
  type FargateServiceArgs,
  type FrontArgs,
  ImageOwner,
  type RouteArgs,
} from "./args.ts";
import { checkCollector } from "./collector-plan.ts";
import { hasSecondSet } from "./deployment-plan.ts";

/** Roles of the children, for `overrides`. */
export const SERVICE_ROLES = [
  ...TASK_ROLES,
  "service",
  "targetGroup",
  "route",
  "deploymentRole",
  "scalingTarget",
  "scalingPolicy",
  "schedule",
  ALARM_ROLE,
] as const;

/** Everything that is wrong with a service's arguments but its images. */
export function checkService(name: string, args: FargateServiceArgs): Fault[] {
  return [
    ...checkServiceName(name),
    ...unknownRoles(args.overrides, SERVICE_ROLES),
    ...checkTask(args),
    ...(args.imageOwner === undefined ? [] : oneOf("imageOwner", args.imageOwner, ImageOwner)),
    ...optional("tasks", args.tasks, 0, 5000),
    ...checkDeployment(args.deployment ?? {}),
    ...(args.front ? checkFront(args.front, args) : checkNoFront(args)),
    ...checkCapacity(args.capacity ?? {}),
    ...checkAutoscaling(args.autoscaling ?? {}),
    ...checkCollector(args),
    ...checkAlarms(args.alarms),
  ];
}

/** The name is the task family's too, for good. */
function checkServiceName(name: string): Fault[] {
  return /^[A-Za-z][A-Za-z0-9-]{0,39}$/.test(name)
    ? []
    : [{ field: "name", value: name, allowed: "1 to 40 letters, digits and -, beginning with a letter" }];
}

const OF_STRATEGY: Partial<Record<keyof DeploymentArgs, DeploymentStrategy[]>> = {
  bakeMinutes: [DeploymentStrategy.blueGreen, DeploymentStrategy.canary, DeploymentStrategy.linear],
  canaryPercent: [DeploymentStrategy.canary],
  canaryMinutes: [DeploymentStrategy.canary],
  stepPercent: [DeploymentStrategy.linear],
  stepMinutes: [DeploymentStrategy.linear],
};

function checkDeployment(args: DeploymentArgs): Fault[] {
  const { strategy = DeploymentStrategy.rolling } = args;
  const misplaced = Object.entries(OF_STRATEGY).flatMap(([field, strategies]) =>
    args[field as keyof DeploymentArgs] !== undefined && !strategies.includes(strategy)
      ? [
          {
            field: `deployment.${field}`,
            value: strategy,
            allowed: `strategy ${strategies.join(" or ")} with it`,
          },
        ]
      : [],
  );
  return [
    ...oneOf("deployment.strategy", strategy, DeploymentStrategy),
    ...misplaced,
    ...optional("deployment.bakeMinutes", args.bakeMinutes, 0, 1440, "minutes"),
    ...optional("deployment.canaryPercent", args.canaryPercent, 1, 99, "per cent"),
    ...optional("deployment.canaryMinutes", args.canaryMinutes, 0, 1440, "minutes"),
    ...optional("deployment.stepPercent", args.stepPercent, 3, 99, "per cent"),
    ...optional("deployment.stepMinutes", args.stepMinutes, 0, 1440, "minutes"),
    ...optional("deployment.minimumHealthyPercent", args.minimumHealthyPercent, 0, 100, "per cent"),
    ...optional("deployment.maximumPercent", args.maximumPercent, 101, 200, "per cent"),
  ];
}

/** What only makes sense where something parts or counts the traffic. */
function checkNoFront({ deployment, autoscaling, port, connect }: FargateServiceArgs): Fault[] {
  const faults: Fault[] = [];
  const parted: unknown[] = [DeploymentStrategy.canary, DeploymentStrategy.linear];
  const connected = port !== undefined && connect?.enabled !== false;
  if (parted.includes(deployment?.strategy) && !connected) {
    const allowed =
      "ROLLING or BLUE_GREEN where nothing parts the traffic: no front, no port in Service Connect";
    faults.push({ field: "deployment.strategy", value: deployment?.strategy, allowed });
  }
  if (autoscaling?.requestsPerMinute !== undefined) {
    const value = autoscaling.requestsPerMinute;
    faults.push({ field: "autoscaling.requestsPerMinute", value, allowed: "nothing without front" });
  }
  return faults;
}

function checkFront(
  front: FrontArgs,
  { port, portProtocol, deployment, autoscaling }: FargateServiceArgs,
): Fault[] {
  const { shared, own, routes, health, testTraffic, also = {} } = front;
  const names = Object.keys(routes);
  const secondSet = hasSecondSet(deployment?.strategy);
  const faults: Fault[] = [];
  const fault = (field: string, value: unknown, allowed: string) => faults.push({ field, value, allowed });
  if (port === undefined) fault("port", port, "the port that requests go to, when front is given");
  if (portProtocol === "tcp") fault("portProtocol", portProtocol, "http, http2 or grpc, when front is given");
  if ((shared === undefined) === (own === undefined)) {
    fault("front", shared ? "shared and own" : "neither shared nor own", "exactly one of shared and own");
  }
  if (names.length === 0) fault("front.routes", routes, "at least one route");
  if (secondSet && names.length > 1) fault("front.routes", names, `one route with ${deployment?.strategy}`);
  if (secondSet && Object.keys(also).length > 0) {
    fault(
      "front.also",
      Object.keys(also),
      `nothing with ${deployment?.strategy}: it moves one load balancer`,
    );
  }
  const further = Object.entries(also).flatMap(([key, { routes }]) =>
    Object.entries(routes).map(([name, route]) => [`front.also.${key}.routes.${name}`, name, route] as const),
  );
  for (const [key, each] of Object.entries(also)) {
    if (Object.keys(each.routes).length === 0) fault(`front.also.${key}.routes`, {}, "at least one route");
  }
  if (testTraffic && !secondSet) fault("front.testTraffic", true, "a strategy other than ROLLING with it");
  if (testTraffic && shared && shared.testListenerArn === undefined) {
    fault("front.shared.testListenerArn", undefined, "the test listener, when testTraffic is true");
  }
  if (testTraffic && own && own.testPort === undefined) {
    fault("front.own.testPort", undefined, "a port, when testTraffic is true");
  }
  if (secondSet && autoscaling?.requestsPerMinute !== undefined) {
    const value = autoscaling.requestsPerMinute;
    fault(
      "autoscaling.requestsPerMinute",
      value,
      "ROLLING deployments: others change the group that is counted",
    );
  }
  const { intervalSeconds = 15, timeoutSeconds = 5 } = health ?? {};
  if (timeoutSeconds >= intervalSeconds) {
    fault(
      "front.health.timeoutSeconds",
      timeoutSeconds,
      `less than the interval of ${intervalSeconds} seconds`,
    );
  }
  return [
    ...faults,
    ...names.flatMap((name) => checkRoute(`front.routes.${name}`, name, routes[name]!)),
    ...further.flatMap(([field, name, route]) => checkRoute(field, name, route)),
    ...optional("front.health.port", health?.port, 1, 65535),
    ...optional("front.health.intervalSeconds", health?.intervalSeconds, 5, 300, "seconds"),
    ...optional("front.health.timeoutSeconds", health?.timeoutSeconds, 2, 120, "seconds"),
    ...optional("front.health.graceSeconds", health?.graceSeconds, 0, 3600, "seconds"),
    ...optional("front.stickySeconds", front.stickySeconds, 1, 604_800, "seconds"),
    ...optional("front.drainSeconds", front.drainSeconds, 0, 3600, "seconds"),
  ];
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html */
function checkRoute(field: string, name: string, { hosts = [], paths = [], priority }: RouteArgs): Fault[] {
  const faults = optional(`${field}.priority`, priority, 1, 50_000);
  const values = hosts.length + paths.length;
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(name)) {
    faults.push({ field, value: name, allowed: "a name of 1 to 40 small letters, digits and -" });
  }
  if (values < 1 || values > 5) {
    faults.push({ field, value: [...hosts, ...paths], allowed: "1 to 5 hosts and paths together" });
  }
  for (const path of paths.filter((text) => !text.startsWith("/"))) {
    faults.push({ field: `${field}.paths`, value: path, allowed: "paths that begin with /" });
  }
  return faults;
}

function checkCapacity({ onDemandBase = 1, onDemandWeight = 1, spotWeight = 0 }: CapacityArgs): Fault[] {
  const faults = [
    ...wholeNumber("capacity.onDemandBase", onDemandBase, 0, 1000),
    ...wholeNumber("capacity.onDemandWeight", onDemandWeight, 0, 1000),
    ...wholeNumber("capacity.spotWeight", spotWeight, 0, 1000),
  ];
  if (onDemandWeight + spotWeight === 0) {
    faults.push({ field: "capacity", value: 0, allowed: "a weight above 0 for on demand or Spot" });
  }
  return faults;
}

function checkAutoscaling(args: AutoscalingArgs): Fault[] {
  const { minimum = 2, maximum = 10, schedules = {} } = args;
  return [
    ...checkLimits("autoscaling", minimum, maximum),
    ...optional("autoscaling.cpuPercent", args.cpuPercent, 1, 100, "per cent"),
    ...optional("autoscaling.memoryPercent", args.memoryPercent, 1, 100, "per cent"),
    ...optional("autoscaling.requestsPerMinute", args.requestsPerMinute, 1, 10_000_000),
    ...Object.entries(schedules).flatMap(([name, schedule]) => [
      ...checkLimits(`autoscaling.schedules.${name}`, schedule.minimum, schedule.maximum),
      ...(/^(cron|rate|at)\(.+\)$/.test(schedule.at)
        ? []
        : [
            {
              field: `autoscaling.schedules.${name}.at`,
              value: schedule.at,
              allowed: "cron(…), rate(…) or at(…)",
            },
          ]),
    ]),
  ];
}

function checkLimits(field: string, minimum: number, maximum: number): Fault[] {
  return [
    ...wholeNumber(`${field}.minimum`, minimum, 0, 5000),
    ...wholeNumber(`${field}.maximum`, maximum, Math.max(1, minimum), 5000),
  ];
}

function optional(
  field: string,
  value: number | undefined,
  low: number,
  high: number,
  unit?: string,
): Fault[] {
  return value === undefined ? [] : wholeNumber(field, value, low, high, unit);
}
