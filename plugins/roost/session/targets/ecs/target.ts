import type { SessionTarget, StartBatch, StartIntent, TargetSession } from "../../target.ts";
import { answers as answersAt } from "../probe.ts";
import { type EcsApi, type EcsConnection, openEcsApi } from "./api.ts";
import { bind, describeTask, type FoundTask, readTask, runTaskInput } from "./plan.ts";

/** What is bound is remembered so long in this process: starts of one batch come within seconds of each other. */
const rememberedBatches = 500;
const tagsAtOnce = 5;

/** Waits until the account's limits let so many tasks be started by one call. */
export type LaunchGate = (batch: StartBatch, signal: AbortSignal) => Promise<void>;

interface StartedBatch {
  /** Each session that got a task, with the task. */
  bound: Map<string, string>;
  /** Why the others got none. */
  why: string;
}

export interface EcsOptions extends EcsConnection {
  /** Tells our tasks from those of other servers in the same cluster. */
  installation: string;
  /** Before each call that starts tasks. */
  launch: LaunchGate;
  /** Between two looks at the whole cluster, at least. Default: 2000. */
  lookMilliseconds?: number;
  /** Default: ECS, by its SDK. */
  api?: EcsApi;
  /** Whether a workload answers. Default: it is asked. */
  answers?: typeof answersAt;
}

/**
 * Sessions as tasks on ECS. A batch of them is one RunTask, whose token and `startedBy` are the batch's id: whoever
 * comes after a crash finds by it what was started, and starts nothing twice. Then each task gets the tag of its
 * session, and everything goes by that.
 */
export function ecsTarget(options: EcsOptions): SessionTarget {
  const { cluster, installation, launch, lookMilliseconds = 2_000, answers = answersAt } = options;
  const api = options.api ?? openEcsApi(options);
  const batches = new Map<string, Promise<StartedBatch>>();
  /** Tasks of sessions, by session: they never change. */
  const arns = new Map<string, string>();
  /** Tasks whose workload has answered once. */
  const answered = new Set<string>();
  /** Ended tasks, which were told of, and tasks of others: neither is looked at again. */
  const over = new Map<string, FoundTask>();
  const foreign = new Set<string>();

  async function describe(wanted: string[]): Promise<FoundTask[]> {
    const tasks = await api.describeTasks(wanted);
    return tasks.flatMap((task) => {
      const found = readTask(task, installation);
      if (found === undefined) foreign.add(task.taskArn ?? "");
      else if (found.state === "ended") note(found);
      else if (found.session !== null) arns.set(found.session, found.arn);
      return found ?? [];
    });
  }

  function note(ended: FoundTask): void {
    answered.delete(ended.arn);
    // It may get its tag after its end, from a start that does not know of it yet: it is looked at again.
    if (ended.session === null) return;
    over.set(ended.arn, ended);
    arns.delete(ended.session);
  }

  async function tasksOf(batch: string): Promise<FoundTask[]> {
    const lists = await Promise.all([
      api.listTasks({ desiredStatus: "RUNNING", startedBy: batch }),
      api.listTasks({ desiredStatus: "STOPPED", startedBy: batch }),
    ]);
    return describe([...new Set(lists.flat())]);
  }

  async function startBatch(
    batch: StartBatch,
    { workload }: StartIntent,
    signal: AbortSignal,
  ): Promise<StartedBatch> {
    const input = runTaskInput(batch, workload, installation);
    // What a start before this has begun, of which nobody heard the answer.
    const before = await tasksOf(batch.id);
    const ended = before.filter(({ session, state }) => session === null && state === "ended");
    let tasks: Pick<FoundTask, "arn" | "session">[] = before.filter((task) => !ended.includes(task));
    let why = ended[0]?.reason ?? `its batch ${batch.id} has started no more tasks`;
    if (before.length === 0) {
      await launch(batch, signal);
      const started = await api.runTask(input, signal);
      tasks = started.tasks.flatMap(({ taskArn }) => (taskArn ? [{ arn: taskArn, session: null }] : []));
      const reasons = started.failures.map(({ reason, detail }) =>
        [reason, detail].filter(Boolean).join(": "),
      );
      if (reasons.length > 0) why = [...new Set(reasons)].join("; ");
    }
    const { bound, untagged } = bind(batch.sessions, tasks);
    const queue = untagged.values();
    const tagging = Array.from({ length: tagsAtOnce }, async () => {
      for (const [session, arn] of queue) await api.tagTask(arn, session, signal);
    });
    await Promise.all(tagging);
    for (const [session, arn] of bound) arns.set(session, arn);
    return { bound, why };
  }

  async function start(intent: StartIntent, signal: AbortSignal): Promise<void> {
    const batch = intent.batch ?? { id: intent.id.replace(/^ses/, "bat"), sessions: [intent.id] };
    let starting = batches.get(batch.id);
    if (starting === undefined) {
      starting = startBatch(batch, intent, signal);
      batches.set(batch.id, starting);
      starting.catch(() => batches.delete(batch.id));
      const [oldest] = batches.keys();
      if (batches.size > rememberedBatches && oldest !== undefined) batches.delete(oldest);
    }
    const { bound, why } = await starting;
    if (!bound.has(intent.id)) throw new Error(`ECS did not start it: ${why}.`);
  }

  async function look(found: FoundTask[]): Promise<TargetSession[]> {
    return Promise.all(
      found.map(async (task) => {
        const { arn, state, address, port, healthPath } = task;
        if (state === "running" && address !== null && port !== null && !answered.has(arn)) {
          if (await answers({ address, port, healthPath })) answered.add(arn);
        }
        return describeTask(task, answered.has(arn));
      }),
    );
  }

  async function list(): Promise<TargetSession[]> {
    const running = await api.listTasks({ desiredStatus: "RUNNING" });
    const stopped = await api.listTasks({ desiredStatus: "STOPPED" });
    const listed = new Set([...running, ...stopped]);
    for (const arn of over.keys()) if (!listed.has(arn)) over.delete(arn);
    for (const arn of foreign) if (!listed.has(arn)) foreign.delete(arn);
    const ended = [...over.values()];
    const asked = [...listed].filter((arn) => !over.has(arn) && !foreign.has(arn));
    // Lists come late: what was there a moment ago and is in neither is asked for by its name.
    const unlisted = [...arns].filter(([, arn]) => !listed.has(arn));
    const found = await describe([...asked, ...unlisted.map(([, arn]) => arn)]);
    const seen = new Set(found.map(({ arn }) => arn));
    for (const [session, arn] of unlisted) if (!seen.has(arn)) arns.delete(session);
    return look([...ended, ...found]);
  }

  async function find(id: string, batch?: StartBatch): Promise<TargetSession | undefined> {
    const tasks = batch ? await tasksOf(batch.id) : undefined;
    const task = tasks?.find(({ session }) => session === id);
    if (task) return (await look([task]))[0];
    return tasks ? undefined : (await list()).find((each) => each.id === id);
  }

  async function stop(id: string, signal: AbortSignal, batch?: StartBatch): Promise<void> {
    if (id.startsWith("arn:")) return api.stopTask(id, "No session is bound to it.", signal);
    if (!arns.has(id)) await find(id, batch);
    const arn = arns.get(id);
    if (arn === undefined) return;
    await api.stopTask(arn, "Its session is over.", signal);
  }

  return {
    place: `ecs ${cluster}`,
    lookMilliseconds,
    start,
    stop,
    find,
    list,
    // What tasks print goes to the log group of their template.
    lastLines: () => [],
    logPath: () => undefined,
  };
}
