import process from "node:process";
import {
  type EcsOptions,
  openSessionTargets,
  type SessionTarget,
  type StartBatch,
} from "../../../../plugins/roost/index.ts";

/** What the stack `sessions` gives out for a template. */
export function settings(cluster: string, change: Record<string, unknown> = {}) {
  return {
    containerName: "main",
    runTask: {
      cluster,
      taskDefinition: "arn:aws:ecs:eu-west-1:111122223333:task-definition/workspace:1",
      capacityProviderStrategy: [{ capacityProvider: "FARGATE", weight: 1 }],
      networkConfiguration: {
        awsvpcConfiguration: {
          subnets: ["subnet-1"],
          securityGroups: ["sg-1"],
          assignPublicIp: "DISABLED" as const,
        },
      },
      platformVersion: "LATEST",
      enableExecuteCommand: false,
      enableECSManagedTags: true,
      propagateTags: "TASK_DEFINITION" as const,
      tags: [{ key: "roost:template", value: "workspace" }],
      ...change,
    },
  };
}

/** Leads the SDK to a double, with credentials that are none. */
export function leadSdkTo(url: string): void {
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_CONFIG_FILE: "/nonexistent/config",
    AWS_SHARED_CREDENTIALS_FILE: "/nonexistent/credentials",
  });
}

let count = 0;
/** A batch of sessions as the ledger would write it. */
export function newBatch(size: number): StartBatch {
  const id = () => String(++count).padStart(26, "0");
  return { id: `bat_${id()}`, sessions: Array.from({ length: size }, () => `ses_${id()}`) };
}

export function openEcs(cluster: string, change: Partial<EcsOptions> = {}): SessionTarget {
  const { ecs } = openSessionTargets("/nonexistent", {
    cluster,
    installation: "org_one",
    launch: async () => {},
    lookMilliseconds: 0,
    ...change,
  });
  return ecs as SessionTarget;
}

/** Every session of a batch, as an engine starts them: together. */
export function startAll(
  target: SessionTarget,
  batch: StartBatch,
  workload: Parameters<SessionTarget["start"]>[0]["workload"],
): Promise<PromiseSettledResult<void>[]> {
  const starts = batch.sessions.map((id) =>
    target.start(
      { id, urn: `urn:${id}`, workload, secretEnvironment: {}, batch },
      AbortSignal.timeout(20_000),
    ),
  );
  return Promise.allSettled(starts);
}
