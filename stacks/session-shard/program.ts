import { Session } from "../../plugins/roost/sdk.ts";
import type { SessionShardConfig } from "./config.ts";

/** The sessions of one shard, each a resource of the name of its id. What no longer is in the list is stopped. */
export async function program({
  target,
  workloads,
  secretEnvironments,
  sessions,
  starts,
  batches = {},
}: SessionShardConfig) {
  const secrets = JSON.parse(secretEnvironments ?? "{}") as Record<string, Record<string, string>>;
  const declare = ({ id, revision, batch }: SessionShardConfig["sessions"][number]) => {
    const workload = workloads[revision];
    if (workload === undefined) throw new Error(`There is no revision ${revision}, which ${id} is of.`);
    const members = batch && batches[batch];
    return new Session(id, {
      target,
      session: id,
      workload,
      secretEnvironment: secrets[revision],
      ...(batch && members && { batch: { id: batch, sessions: members } }),
    });
  };
  const isStart = new Set(starts);
  for (const session of sessions) if (isStart.has(session.id)) declare(session);
  const [first, ...others] = sessions.filter(({ id }) => !isStart.has(id));
  // Registrations wait together until their provider is there, and then reach the engine in any order, one by one. When
  // one that changes nothing has come back, those that somebody waits for have passed: they would wait for all others.
  if (first) await registered(declare(first));
  for (const session of others) declare(session);
  return { sessions: sessions.length };
}

/** Until the engine has answered, whatever it says. The SDK has it, but its types leave it out. */
function registered({ urn }: Session): Promise<unknown> {
  return (urn as unknown as { promise(): Promise<string> }).promise().catch(() => undefined);
}
