// Which endpoints a network needs, from what its workloads use.

import type { NetworkUses } from "./args.ts";

/** Use → services of AWS, as they are called in endpoint names. */
const INTERFACES: Record<Exclude<keyof NetworkUses, "tables">, string[]> = {
  containerImages: ["ecr.api", "ecr.dkr"],
  logs: ["logs"],
  secrets: ["secretsmanager"],
  exec: ["ssmmessages"],
  parameters: ["ssm"],
  keys: ["kms"],
  metrics: ["monitoring"],
  traces: ["xray"],
  tokens: ["sts"],
  ecs: ["ecs"],
  ec2: ["ec2"],
  queues: ["sqs"],
};

export interface EndpointPlan {
  /** Reached by route, free of charge. */
  gateways: string[];
  /** Reached by an address in each zone. */
  interfaces: string[];
}

/** S3 always has its gateway: ECR's layers come from there. */
export function planEndpoints(uses: NetworkUses = {}): EndpointPlan {
  return {
    gateways: ["s3", ...(uses.tables ? ["dynamodb"] : [])],
    interfaces: Object.entries(INTERFACES)
      .filter(([use]) => uses[use as keyof NetworkUses])
      .flatMap(([, services]) => services)
      .sort(),
  };
}

/** The name under which AWS offers a service to a network of that region. */
export function endpointService(region: string, service: string): string {
  const domain = region.startsWith("cn-") && !["s3", "dynamodb"].includes(service) ? "cn.com" : "com";
  return `${domain}.amazonaws.${region}.${service}`;
}
