/**
 * A runner: a process that is started early, imports the SDK, waits for one
 * job, runs it, and ends. It leads its own process group; when the worker
 * dies, the whole group dies with it.
 */
import path from "node:path";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import sdkLog from "@pulumi/pulumi/log/index.js";
import { holdLogin } from "../../plugins/command/index.ts";
import { StackRecorder } from "../../plugins/policy-launcher/index.ts";
import { canTellPeers } from "../../plugins/provider/index.ts";
import { estimate } from "../../policies/index.ts";
import { builtinProgram, type Catalogue } from "./catalogue.ts";
import { EngineCommand, EngineFailure } from "./command.ts";
import type { FromRunner, Job, RunnerOutcome, RunnerSetup, ToRunner } from "./contract.ts";
import { runOperation } from "./operation.ts";
import { servePacks } from "./packs.ts";
import { placeProgram } from "./placement.ts";
import { loadPolicies, type PolicyFlags, servePolicies, serveRecorder } from "./policies.ts";
import { admitEngine, attachProviders } from "./providers.ts";
import { explained } from "./remediation.ts";
import { warmUp } from "./warm-up.ts";
import { openStack } from "./workspace.ts";

/** Events that wait at most this long before they are sent on together: each batch is a transaction. */
const batchMilliseconds = 50;

/** After the start, before the time is used to warm up. */
const idleMilliseconds = 200;

const cancelled = new AbortController();
let setup: RunnerSetup | undefined;
let command: EngineCommand | undefined;
let attached: Promise<string> | undefined;
let catalogue: Catalogue | undefined;
let idle: NodeJS.Timeout | undefined;
/** While policies load, the working folder is theirs. */
let preloaded: Promise<unknown> | undefined;

function send(message: FromRunner): Promise<void> {
  return new Promise((resolve) => process.send?.(message, () => resolve()));
}

process.on("disconnect", endGroup);
// The engine gets its own SIGINT from the abort signal; a stray one must not end the runner first.
process.on("SIGINT", () => cancelled.abort());
process.on("message", (message: ToRunner) => {
  if (message.kind === "setup") void prepare(message.setup);
  if (message.kind === "cancel") cancelled.abort();
  if (message.kind === "job") void work(message.job);
});

async function prepare(given: RunnerSetup): Promise<void> {
  setup = given;
  // The SDK tells the engine of each thing that it does, one call after the other, several for each resource.
  Object.assign(sdkLog, { debug: async () => {} });
  // What a command without a folder of its own runs in, and what relative paths of a builtin program mean.
  process.chdir(path.join(given.work, "program"));
  command = new EngineCommand(given.enginePath, given.engineVersion);
  catalogue = (await import(given.catalogue)) as Catalogue;
  attached = attachProviders(given, catalogue.providers ?? {}, () => command?.processId);
  await attached;
  await send({ kind: "ready" });
  // A runner that is wanted at once has no time to spare; nothing depends on the warm-up.
  idle = setTimeout(() => void useTime(), idleMilliseconds);
}

async function useTime(): Promise<void> {
  await warmUp().catch(() => {});
  if (setup?.policies) preloaded = loadPolicies().catch(() => {});
  await preloaded;
  await send({ kind: "warm" });
}

async function work(job: Job): Promise<void> {
  clearTimeout(idle);
  const outcome = await run(job).catch(failed);
  await send({ kind: "done", outcome });
  process.disconnect?.();
}

async function run(job: Job): Promise<RunnerOutcome> {
  if (!setup || !command || !attached || !catalogue) throw new Error("A job came before the setup.");
  for (const [name, key] of Object.entries(job.logins ?? {})) holdLogin(name, key);
  await preloaded;
  const policies = job.policies && (await servePolicies(job.policies, setup, admitted(setup)));
  const { signal } = cancelled;
  const log = (line: string) => void send({ kind: "log", lines: [line] });
  const [place, packs] = await Promise.all([
    placeProgram(job.program, setup.work, { project: job.project, signal, log }),
    servePacks(job.packs, { setup, signal, log }),
  ]);
  const stack = await openStack({
    job,
    setup,
    command,
    folder: place.folder,
    program: job.program.kind === "builtin" ? builtinProgram(catalogue, job.program.name) : undefined,
    attached: await attached,
  });
  const recorder = job.operation === "preview" && canTellPeers ? new StackRecorder() : undefined;
  const recording = recorder && (await serveRecorder(recorder, setup.engineHome, admitted(setup)));
  const events = new EventBatch();
  try {
    await runOperation(stack, job, {
      onEvent: (event) => events.add(event),
      signal,
      policies: joinFlags(policies, packs.flags, recording),
    });
    packs.requireAll();
  } finally {
    await events.flush();
  }
  if (recorder?.resources) {
    await send({ kind: "cost", cost: estimate({ resources: recorder.resources }, setup.prices) });
  }
  return { succeeded: true };
}

/** undefined: nothing judges this job. */
function joinFlags(...given: (PolicyFlags | undefined)[]): PolicyFlags | undefined {
  const flags = given.filter((each) => each !== undefined);
  const policyPacks = flags.flatMap((each) => each.policyPacks);
  const policyPackConfigs = flags.flatMap((each) => each.policyPackConfigs);
  return policyPacks.length === 0 ? undefined : { policyPacks, policyPackConfigs };
}

function admitted({ engineUser }: RunnerSetup) {
  return admitEngine(engineUser, () => command?.processId);
}

function failed(error: unknown): RunnerOutcome {
  if (error instanceof EngineFailure) {
    return {
      succeeded: false,
      error: error.output.trim() || error.message,
      signal: error.signal ?? undefined,
    };
  }
  // Of our own errors the stack says nothing to a user; of a program's import errors it does.
  return { succeeded: false, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

class EventBatch {
  #events: EngineEvent[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** What nobody who watches a deployment wants: the SDK's own chatter, and every policy that is loaded or kept. */
  add(event: EngineEvent): void {
    // Its types leave this severity out, its events do not.
    if ((event.diagnosticEvent?.severity as string | undefined) === "debug") return;
    if (Object.keys(event).some((kind) => /^policy(Load|\w*Summary)Event$/.test(kind))) return;
    this.#events.push(explained(event));
    this.#timer ??= setTimeout(() => void this.flush(), batchMilliseconds);
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const events = this.#events.splice(0);
    if (events.length > 0) await send({ kind: "events", events });
  }
}

/** The worker is gone or done: nothing of this job may go on. */
function endGroup(): void {
  try {
    process.kill(-process.pid, "SIGKILL");
  } catch {
    process.exit(1);
  }
}
