import http from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { Session } from "../../automation-api/sessions/contract.ts";
import type { Template } from "../../automation-api/templates/contract.ts";
import { Client } from "../../test/support/client.ts";
import { Cluster } from "../../test/support/cluster.ts";
import { EcsStandIn, launchLimits } from "../../test/support/ecs-stand-in/stand-in.ts";
import { backendTokens } from "./claims.ts";

/** Nothing comes so late that it is still waited for. */
const patienceSeconds = 300;

export interface StormOutcome {
  /** From the first request until the last session runs, over what the launch limits alone would make of it. */
  ratio: number;
  /** Calls that the stand-in refused for being too many. */
  throttles: number;
  /** Of the users' estimates, by how much of the time that it took half of them were off. Where the speed is 1. */
  estimateError: number;
}

/**
 * Users who all come at once, to an empty pool, against a stand-in of ECS with the launch limits of a new account. The
 * server and its deployments are real.
 * @param speed seconds of the account's clock in one of ours. Below 1 what this machine takes counts for less against
 *   what the limits take, so that a busy one measures the planning and not itself
 */
export async function storm(users: number, speed: number): Promise<StormOutcome> {
  const workload = http.createServer((_, reply) => void reply.end("here"));
  await new Promise<void>((resolve) => workload.listen(0, "127.0.0.1", resolve));
  const standIn = await EcsStandIn.start({ speed });
  const cluster = await Cluster.open({
    ROOST_WORKERS: "2",
    ROOST_WARM_RUNNERS: "2",
    ROOST_ECS_CLUSTER: standIn.cluster,
    ROOST_ECS_LAUNCHES_PER_SECOND: String(launchLimits.perSecond * speed),
    AWS_ENDPOINT_URL: standIn.url,
    AWS_ACCESS_KEY_ID: "bench",
    AWS_SECRET_ACCESS_KEY: "bench",
  });
  try {
    await cluster.add("server");
    const client = new Client(cluster.url, await cluster.token());
    const { port } = workload.address() as AddressInfo;
    await makeTemplate(client, standIn.cluster, port);
    const backends = (await backendTokens(client)).map((token) => new Client(cluster.url, token));
    const began = standIn.now();
    const asked = await Promise.all(
      Array.from({ length: users }, (_, at) =>
        patiently(() =>
          (backends[at % backends.length] as Client).call<Session>("POST", "/api/v1/sessions", {
            template: "storm",
            user: `user-${at}`,
          }),
        ),
      ),
    );
    while (standIn.tasks.length < users) {
      if (standIn.now() - began > patienceSeconds)
        throw new Error(`${standIn.tasks.length} of ${users} started`);
      await wait(200);
    }
    await wait(1_000);
    if (standIn.tasks.length !== users) throw new Error(`${standIn.tasks.length} tasks of ${users} users`);
    return {
      ratio: ratioOf(standIn, began),
      throttles: standIn.throttles,
      estimateError: errorOf(standIn, asked, began),
    };
  } finally {
    await cluster.close();
    await standIn.close();
    await new Promise((resolve) => workload.close(resolve));
  }
}

async function makeTemplate(client: Client, cluster: string, port: number): Promise<void> {
  const network = { subnets: ["subnet-1"], securityGroups: ["sg-1"] };
  await client.call<Template>("POST", "/api/v1/templates", {
    name: "storm",
    target: "ecs",
    // Else one would begin to fill while the storm lasts.
    pool: { ceiling: 0 },
    workload: {
      port,
      ecs: {
        containerName: "main",
        runTask: {
          cluster,
          taskDefinition: "arn:aws:ecs:eu-west-1:111122223333:task-definition/storm:1",
          capacityProviderStrategy: [{ capacityProvider: "FARGATE", weight: 1 }],
          networkConfiguration: { awsvpcConfiguration: network },
        },
      },
    },
  });
}

/** Who asks too often for one account is told when to ask again. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Error) || !error.message.includes(": 429 ")) throw error;
      await wait(200);
    }
  }
}

/** The same starts, each with the time that it took, as early as the launch limits let them begin. */
function ratioOf(standIn: EcsStandIn, began: number): number {
  const inOrder = standIn.tasks.toSorted((a, b) => a.acceptedAt - b.acceptedAt);
  const { burst, perSecond } = launchLimits;
  const best = inOrder.map(
    ({ runsAt, acceptedAt }, at) => Math.max(0, at + 1 - burst) / perSecond + runsAt - acceptedAt,
  );
  const took = inOrder.map(({ runsAt }) => runsAt - began);
  return Math.max(...took) / Math.max(...best);
}

/** What users were told when they asked, before any start of the template had ended, against what came. */
function errorOf(standIn: EcsStandIn, asked: Session[], began: number): number {
  const tasks = new Map(standIn.tasks.map((task) => [task.tags.get("roost:session"), task]));
  const errors = asked.flatMap(({ id, waiting }) => {
    const task = tasks.get(id);
    if (!task || !waiting) return [];
    const took = task.runsAt - began;
    return [Math.abs(waiting.estimateSeconds - took) / took];
  });
  return errors.sort((a, b) => a - b)[Math.floor(errors.length / 2)] ?? 0;
}
