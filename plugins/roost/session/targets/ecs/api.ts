import type { ECSClient, Failure, RunTaskCommandInput, Task } from "@aws-sdk/client-ecs";
import { sessionTag } from "./plan.ts";

/** Tasks that ECS describes at once, and lists on a page. */
const pageSize = 100;
/** A call is made so often at most; throttled ones wait longer each time. */
const attempts = 5;

/** Where sessions on ECS run, and as whom we ask. */
export interface EcsConnection {
  /** ARN of the cluster; it names region and account. */
  cluster: string;
  /** Named profile of the SDK's files. Default: the SDK's own chain. */
  profile?: string;
}

/** The calls that sessions need. */
export interface EcsApi {
  runTask(input: RunTaskCommandInput, signal: AbortSignal): Promise<{ tasks: Task[]; failures: Failure[] }>;
  /** ARNs, of all that run or of all that have ended lately. */
  listTasks(filter: { desiredStatus: "RUNNING" | "STOPPED"; startedBy?: string }): Promise<string[]>;
  /** With their tags; those that ECS has forgotten are left out. */
  describeTasks(arns: string[]): Promise<Task[]>;
  /** Says whose a task is. */
  tagTask(arn: string, session: string, signal: AbortSignal): Promise<void>;
  /** One that has ended is no error. */
  stopTask(arn: string, reason: string, signal: AbortSignal): Promise<void>;
}

/** Region of a cluster's ARN. @throws Error when it is none */
export function regionOf(cluster: string): string {
  const region = /^arn:[a-z-]+:ecs:([a-z0-9-]+):\d{12}:cluster\/[\w-]{1,255}$/.exec(cluster)?.[1];
  if (region === undefined) throw new Error(`${cluster} is no ARN of an ECS cluster.`);
  return region;
}

/** How clients are made for a cluster; endpoint and credentials are the SDK's business. */
function clientConfig({ cluster, profile }: EcsConnection, maxAttempts = attempts) {
  return { region: regionOf(cluster), ...(profile !== undefined && { profile }), maxAttempts };
}

/** The SDK is loaded by the first call: who has no sessions on ECS does not pay for it. */
export function openEcsApi(connection: EcsConnection): EcsApi {
  const { cluster } = connection;
  let loaded: Promise<{ sdk: typeof import("@aws-sdk/client-ecs"); client: ECSClient }> | undefined;
  const load = () => {
    loaded ??= import("@aws-sdk/client-ecs").then((sdk) => ({
      sdk,
      client: new sdk.ECSClient(clientConfig(connection)),
    }));
    return loaded;
  };
  return {
    async runTask(input, abortSignal) {
      const { sdk, client } = await load();
      const { tasks = [], failures = [] } = await client.send(new sdk.RunTaskCommand(input), { abortSignal });
      return { tasks, failures };
    },
    async listTasks(filter) {
      const { sdk, client } = await load();
      const arns: string[] = [];
      let nextToken: string | undefined;
      do {
        const input = { ...filter, cluster, maxResults: pageSize, nextToken };
        const page = await client.send(new sdk.ListTasksCommand(input));
        arns.push(...(page.taskArns ?? []));
        nextToken = page.nextToken;
      } while (nextToken !== undefined);
      return arns;
    },
    async describeTasks(arns) {
      const { sdk, client } = await load();
      const found: Task[] = [];
      for (let from = 0; from < arns.length; from += pageSize) {
        const tasks = arns.slice(from, from + pageSize);
        const page = await client.send(new sdk.DescribeTasksCommand({ cluster, tasks, include: ["TAGS"] }));
        found.push(...(page.tasks ?? []));
      }
      return found;
    },
    async tagTask(resourceArn, session, abortSignal) {
      const { sdk, client } = await load();
      const tags = [{ key: sessionTag, value: session }];
      await client.send(new sdk.TagResourceCommand({ resourceArn, tags }), { abortSignal });
    },
    async stopTask(task, reason, abortSignal) {
      const { sdk, client } = await load();
      try {
        await client.send(new sdk.StopTaskCommand({ cluster, task, reason }), { abortSignal });
      } catch (error) {
        // ECS forgets what has ended an hour ago.
        const isGone = error instanceof sdk.InvalidParameterException && /not found/i.test(error.message);
        if (!isGone) throw error;
      }
    },
  };
}

/** Who asks, by what AWS says. @throws what the SDK says when there are no credentials, or bad ones */
export async function callerOf(connection: EcsConnection): Promise<{ arn: string; account: string }> {
  const { GetCallerIdentityCommand, STSClient } = await import("@aws-sdk/client-sts");
  const client = new STSClient(clientConfig(connection, 2));
  const { Arn = "unknown", Account = "unknown" } = await client.send(new GetCallerIdentityCommand({}), {
    abortSignal: AbortSignal.timeout(5_000),
  });
  client.destroy();
  return { arn: Arn, account: Account };
}
