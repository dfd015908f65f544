import type { RunTaskCommandInput, Task } from "@aws-sdk/client-ecs";
import type { SessionWorkload, StartBatch, TargetSession } from "../../target.ts";

/** Tag of a task: whose server started it. Servers may share a cluster, and none touches what another started. */
const installationTag = "roost:installation";
/** Tag of a task: id of its session. */
export const sessionTag = "roost:session";
/** What a task finds its port under, and we find it again. */
const portVariable = "PORT";
const healthVariable = "ROOST_HEALTH_PATH";

/** A task of ours, as far as sessions go. */
export interface FoundTask {
  arn: string;
  batch: string;
  /** Null: none was bound to it yet. */
  session: string | null;
  state: "starting" | "running" | "ended";
  address: string | null;
  port: number | null;
  healthPath: string | null;
  reason?: string;
}

/**
 * The one call that starts a batch. The same batch gives the same call, whenever it is made: ECS knows by its token
 * that it was made before.
 * @throws Error when the template has no settings of ECS
 */
export function runTaskInput(
  { id, sessions }: StartBatch,
  workload: SessionWorkload,
  installation: string,
): RunTaskCommandInput {
  const { ecs, command, environment, port, healthPath, cpu, memoryMiB } = workload;
  if (ecs === undefined) throw new Error("The workload has no settings of ECS.");
  const { runTask, containerName } = ecs;
  const variables = {
    ...environment,
    [portVariable]: String(port),
    ...(healthPath !== undefined && { [healthVariable]: healthPath }),
  };
  return {
    ...runTask,
    count: sessions.length,
    clientToken: id,
    startedBy: id,
    tags: [...runTask.tags, { key: installationTag, value: installation }],
    overrides: {
      ...(cpu !== undefined && { cpu: String(cpu) }),
      ...(memoryMiB !== undefined && { memory: String(memoryMiB) }),
      containerOverrides: [
        {
          name: containerName,
          ...(command && { command }),
          environment: Object.entries(variables).map(([name, value]) => ({ name, value })),
        },
      ],
    },
  };
}

/** What a task is to us; undefined: not ours. */
export function readTask(task: Task, installation: string): FoundTask | undefined {
  const tag = (name: string) => task.tags?.find(({ key }) => key === name)?.value;
  if (task.taskArn === undefined || task.startedBy === undefined) return undefined;
  if (tag(installationTag) !== installation) return undefined;
  const variables = task.overrides?.containerOverrides?.flatMap(({ environment = [] }) => environment) ?? [];
  const variable = (wanted: string) => variables.find(({ name }) => name === wanted)?.value ?? null;
  const port = variable(portVariable);
  const isEnding = task.desiredStatus === "STOPPED" || task.lastStatus === "STOPPED";
  return {
    arn: task.taskArn,
    batch: task.startedBy,
    session: tag(sessionTag) ?? null,
    state: isEnding ? "ended" : task.lastStatus === "RUNNING" ? "running" : "starting",
    address: addressOf(task),
    port: port === null ? null : Number(port),
    healthPath: variable(healthVariable),
    ...(isEnding && { reason: reasonOf(task) }),
  };
}

/**
 * Which task is whose. A task that bears a session's tag is that session's; the others go to those that have none, both
 * in the order of their names, so that whoever does it again comes to the same.
 * @returns each session with its task, and the pairs of which the task has no tag yet; sessions for which there is no
 *   task are in neither
 */
export function bind(
  sessions: string[],
  tasks: Pick<FoundTask, "arn" | "session">[],
): { bound: Map<string, string>; untagged: [session: string, arn: string][] } {
  const bound = new Map<string, string>();
  for (const { arn, session } of tasks) {
    if (session !== null && sessions.includes(session) && !bound.has(session)) bound.set(session, arn);
  }
  const free = tasks.filter(({ session }) => session === null).map(({ arn }) => arn);
  const waiting = sessions.filter((id) => !bound.has(id)).sort();
  const untagged = free
    .sort()
    .slice(0, waiting.length)
    .map((arn, at): [string, string] => [waiting[at] as string, arn]);
  for (const [session, arn] of untagged) bound.set(session, arn);
  return { bound, untagged };
}

/** @param answers whether its workload has answered */
export function describeTask(task: FoundTask, answers: boolean): TargetSession {
  const { arn, batch, session, state, address, port, reason } = task;
  const name = session === null ? { id: arn, batch } : { id: session };
  if (state === "ended") return { ...name, state, address: null, port: null, reason, isReleased: true };
  return { ...name, state: state === "running" && answers ? "ready" : "starting", address, port };
}

function addressOf({ attachments = [] }: Task): string | null {
  const details = attachments.flatMap((each) => each.details ?? []);
  return details.find(({ name }) => name === "privateIPv4Address")?.value ?? null;
}

/** Why it ended, with the code of a container that did not end by being told to. */
function reasonOf({ stoppedReason, containers = [] }: Task): string {
  const codes = containers.flatMap(({ name, exitCode, reason }) =>
    exitCode === undefined && reason === undefined
      ? []
      : [`${name} ended with ${exitCode ?? "no code"}${reason ? ` (${reason})` : ""}`],
  );
  return [stoppedReason ?? "ECS stopped it.", ...codes].join("; ");
}
