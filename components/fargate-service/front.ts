// Requests' way to a service: load balancer, target groups, routes, and the rules between the two groups.

import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicyAttachment } from "@pulumi/aws/iam/rolePolicyAttachment.js";
import { ListenerRule, type ListenerRuleArgs } from "@pulumi/aws/lb/listenerRule.js";
import { TargetGroup } from "@pulumi/aws/lb/targetGroup.js";
import { type Input, interpolate, output, type Resource } from "@pulumi/pulumi";
import { PortProtocol } from "../fargate-task/args.ts";
import { trustPolicy } from "../grants.ts";
import type { LoadBalancerReference } from "../load-balancer/args.ts";
import { LoadBalancer } from "../load-balancer/load-balancer.ts";
import { rulePriority } from "../load-balancer/rule-priority.ts";
import { shortPrefix } from "../load-balancer/short-prefix.ts";
import { openPath } from "../network-path.ts";
import { override } from "../overrides.ts";
import { partitionOf } from "../regions.ts";
import type {
  FargateServiceArgs,
  FrontArgs,
  FurtherFrontArgs,
  OwnLoadBalancerArgs,
  RouteArgs,
} from "./args.ts";
import { hasSecondSet } from "./deployment-plan.ts";

/** How target groups call what is spoken. */
const VERSIONS: Record<PortProtocol, string | undefined> = {
  http: "HTTP1",
  http2: "HTTP2",
  grpc: "GRPC",
  tcp: undefined,
};

export interface Front {
  targetGroup: TargetGroup;
  /** Group of the second set of tasks; absent with rolling deployments. */
  alternate?: TargetGroup;
  productionRule: ListenerRule;
  testRule?: ListenerRule;
  /** Lets ECS move traffic between the groups; absent with rolling deployments. */
  role?: Role;
  /** Groups of further load balancers. */
  further: TargetGroup[];
  /** What must be there before the service registers its tasks. */
  ready: Resource[];
  balancer: LoadBalancerReference;
  /** The load balancer of this service alone. */
  own?: LoadBalancer;
}

export function makeFront(
  front: FrontArgs,
  args: FargateServiceArgs,
  context: { name: string; parent: Resource; port: number; securityGroupId: Input<string> },
): Front {
  const { name, parent, port, securityGroupId } = context;
  const { tags, overrides, portProtocol: protocol = PortProtocol.http } = args;
  const secondSet = hasSecondSet(args.deployment?.strategy);
  const own = front.own && makeOwn(front.own);
  const balancer: LoadBalancerReference = own ?? front.shared!;

  const targetGroup = makeTargetGroup("targets");
  const alternate = secondSet ? makeTargetGroup("targets-alternate") : undefined;
  const rules = byName(front.routes).map(([route, shape]) =>
    makeRule(`route-${route}`, balancer.listenerArn, route, shape),
  );
  const testRule = front.testTraffic ? makeTestRule() : undefined;
  openPaths("", balancer);
  const ready: Resource[] = [...rules, ...(testRule ? [testRule] : [])];
  const further = byName(front.also ?? {}).map(([key, each]) => makeFurther(key, each));
  const role = secondSet ? makeRole() : undefined;
  return { targetGroup, alternate, productionRule: rules[0]!, testRule, role, further, ready, balancer, own };

  function makeOwn(settings: OwnLoadBalancerArgs): LoadBalancer {
    const { network, alarms } = args;
    return new LoadBalancer(`${name}-front`, { ...settings, network, alarms, tags }, { parent });
  }

  function makeTargetGroup(suffix: string): TargetGroup {
    const { health = {}, stickySeconds } = front;
    return new TargetGroup(
      `${name}-${suffix}`,
      override(overrides, "targetGroup", {
        namePrefix: shortPrefix(name),
        targetType: "ip",
        port,
        protocol: "HTTP",
        protocolVersion: VERSIONS[protocol],
        vpcId: args.network.vpcId,
        deregistrationDelay: front.drainSeconds ?? 30,
        loadBalancingAlgorithmType: "least_outstanding_requests",
        healthCheck: {
          port: health.port === undefined ? "traffic-port" : `${health.port}`,
          path: health.path ?? "/",
          matcher: health.codes ?? (protocol === PortProtocol.grpc ? "0" : "200-299"),
          interval: health.intervalSeconds ?? 15,
          timeout: health.timeoutSeconds ?? 5,
          healthyThreshold: 2,
          unhealthyThreshold: 3,
        },
        ...(stickySeconds !== undefined && {
          stickiness: { type: "lb_cookie", enabled: true, cookieDuration: stickySeconds },
        }),
        tags,
      }),
      { parent },
    );
  }

  function makeRule(
    suffix: string,
    listenerArn: Input<string>,
    route: string,
    shape: RouteArgs,
    group = targetGroup,
  ): ListenerRule {
    const { hosts = [], paths = [], priority = rulePriority(`${name}-${route}`, shape) } = shape;
    const settings: ListenerRuleArgs = {
      listenerArn,
      priority,
      conditions: [
        ...(hosts.length > 0 ? [{ hostHeader: { values: hosts } }] : []),
        ...(paths.length > 0 ? [{ pathPattern: { values: paths } }] : []),
      ],
      actions: [
        alternate
          ? {
              type: "forward",
              forward: {
                targetGroups: [
                  { arn: targetGroup.arn, weight: 100 },
                  { arn: alternate.arn, weight: 0 },
                ],
              },
            }
          : { type: "forward", targetGroupArn: group.arn },
      ],
      tags,
    };
    return new ListenerRule(
      `${name}-${suffix}`,
      override(overrides, "route", settings),
      // ECS moves the weights from one deployment to the next.
      { parent, ...(secondSet && { ignoreChanges: ["actions"] }) },
    );
  }

  function makeTestRule(): ListenerRule {
    const [route, shape] = Object.entries(front.routes)[0]!;
    return makeRule(`test-${route}`, balancer.testListenerArn!, route, shape);
  }

  /** A group belongs to one load balancer, so each has its own. */
  function makeFurther(key: string, { shared, routes }: FurtherFrontArgs): TargetGroup {
    const group = makeTargetGroup(`targets-${key}`);
    for (const [route, shape] of byName(routes)) {
      ready.push(makeRule(`route-${key}-${route}`, shared.listenerArn, `${key}-${route}`, shape, group));
    }
    openPaths(`-${key}`, shared);
    return group;
  }

  /** Out of the load balancer's group into the tasks', on each port that it asks. */
  function openPaths(suffix: string, from: LoadBalancerReference): void {
    const healthPort = front.health?.port ?? port;
    const ports = { [suffix]: port, ...(healthPort !== port && { [`${suffix}-health`]: healthPort }) };
    for (const [end, open] of Object.entries(ports)) {
      openPath(
        [from.securityGroupId, `${name}-front-to-tasks${end}`, `To tasks of ${name}`],
        [securityGroupId, `${name}-from-front${end}`, "From the load balancer"],
        open,
        { parent, tags, overrides },
      );
    }
  }

  function makeRole(): Role {
    const made = new Role(
      `${name}-deployment`,
      override(overrides, "deploymentRole", {
        assumeRolePolicy: trustPolicy("ecs.amazonaws.com", {
          StringEquals: { "aws:SourceAccount": args.cluster.accountId },
        }),
        permissionsBoundary: args.permissionsBoundaryArn,
        description: `Moves traffic between versions of ${name}`,
        tags,
      }),
      { parent },
    );
    const partition = output(args.cluster.region).apply(partitionOf);
    const policy = "AmazonECSInfrastructureRolePolicyForLoadBalancers";
    const policyArn = interpolate`arn:${partition}:iam::aws:policy/${policy}`;
    ready.push(
      new RolePolicyAttachment(`${name}-deployment-policy`, { role: made.name, policyArn }, { parent }),
    );
    return made;
  }
}

/** By name, so that a reorder changes nothing. */
function byName<T>(record: Record<string, T>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
