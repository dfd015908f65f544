import { Session } from "../../plugins/roost/sdk.ts";
import type { SessionShardConfig } from "./config.ts";

/** The sessions of one shard, each a resource of the name of its id. What no longer is in the list is stopped. */
export async function program({
  target,
  workloads,
  secretEnvironments,
  sessions,
  batches = {},
}: SessionShardConfig) {
  const secrets = JSON.parse(secretEnvironments ?? "{}") as Record<string, Record<string, string>>;
  // Ids are in the order of time. The newest are what somebody waits for, and each of those before them takes time.
  for (const { id, revision, batch } of sessions.toReversed()) {
    const workload = workloads[revision];
    if (workload === undefined) throw new Error(`There is no revision ${revision}, which ${id} is of.`);
    const members = batch && batches[batch];
    new Session(id, {
      target,
      session: id,
      workload,
      secretEnvironment: secrets[revision],
      ...(batch && members && { batch: { id: batch, sessions: members } }),
    });
  }
  return { sessions: sessions.length };
}
