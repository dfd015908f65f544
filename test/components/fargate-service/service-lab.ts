import { FargateService, type FargateServiceArgs } from "../../../components/index.ts";
import { find, type Graph, record } from "../../../components/testing/index.ts";

export const digest = `sha256:${"a1".repeat(32)}`;
export const image = `111122223333.dkr.ecr.eu-west-1.amazonaws.com/api@${digest}`;
export const cluster = {
  arn: "arn:aws:ecs:eu-west-1:111122223333:cluster/main",
  name: "main",
  region: "eu-west-1",
  accountId: "111122223333",
  namespaceArn: "arn:aws:servicediscovery:eu-west-1:111122223333:namespace/main",
};
export const network = {
  vpcId: "vpc-1",
  cidr: "10.0.0.0/16",
  publicSubnetIds: ["subnet-public"],
  privateSubnetIds: ["subnet-private"],
  dataSubnetIds: ["subnet-data"],
};
export const shared = {
  listenerArn: "arn:listener",
  testListenerArn: "arn:test-listener",
  securityGroupId: "sg-front",
  arnSuffix: "app/front/1",
};
/** A front behind a shared load balancer. */
export const front = { shared, routes: { main: { hosts: ["api.example.com"] } } };

/** A service named "api" with the given arguments over the fewest that it needs. */
export function service(args: Partial<FargateServiceArgs> = {}): Promise<Graph> {
  return record(() => {
    const made = new FargateService("api", {
      cluster,
      network,
      image,
      alarms: { choice: "none" },
      ...args,
    });
    const { taskFamily, securityGroupId, targetGroupArn, port } = made;
    return { taskFamily, securityGroupId, targetGroupArn, port };
  });
}

export const ofType = (graph: Graph, type: string) =>
  graph.resources.filter((resource) => resource.type === type);

/** The container definitions of the one task definition, by container name. */
export function containers(graph: Graph): Record<string, Record<string, unknown>> {
  const text = find(graph, "aws:ecs/taskDefinition:TaskDefinition").inputs.containerDefinitions as string;
  const list = JSON.parse(text) as { name: string }[];
  return Object.fromEntries(list.map((container) => [container.name, container]));
}

/** The statements of a role policy by its name. */
export function statements(graph: Graph, name: string): unknown[] {
  const text = find(graph, "aws:iam/rolePolicy:RolePolicy", name).inputs.policy as string;
  return (JSON.parse(text) as { Statement: unknown[] }).Statement;
}
