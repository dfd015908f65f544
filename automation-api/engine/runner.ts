/**
 * A runner: a process that is started early, imports the SDK, waits for a job,
 * and runs it; whether it gets another one is the worker's to say. It leads its
 * own process group; when the worker dies, the whole group dies with it.
 */
import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import sdkLog from "@pulumi/pulumi/log/index.js";
import { holdLogin } from "../../plugins/command/index.ts";
import { StackRecorder } from "../../plugins/policy-launcher/index.ts";
import { canTellPeers } from "../../plugins/provider/index.ts";
import { estimate } from "../../policies/index.ts";
import { EngineAhead } from "./ahead.ts";
import { builtinProgram, type Catalogue } from "./catalogue.ts";
import { EngineCommand, EngineFailure } from "./command.ts";
import type { FromRunner, Job, RunnerOutcome, RunnerSetup, ToRunner } from "./contract.ts";
import { EventBatch } from "./event-batch.ts";
import { runOperation } from "./operation.ts";
import { servePacks } from "./packs.ts";
import { placeProgram } from "./placement.ts";
import { loadPolicies, type PolicyFlags, servePolicies, serveRecorder } from "./policies.ts";
import { admitEngine, attachProviders } from "./providers.ts";
import { warmUp } from "./warm-up.ts";
import { openStack, type WorkspaceRequest, writeConfig } from "./workspace.ts";

/** After the start, before the time is used to warm up. */
const idleMilliseconds = 200;

/** Of the job that it runs. */
let cancelled = new AbortController();
let setup: RunnerSetup | undefined;
let command: EngineCommand | undefined;
let attached: Promise<string> | undefined;
let catalogue: Catalogue | undefined;
let idle: NodeJS.Timeout | undefined;
/** While policies load, the working folder is theirs. */
let preloaded: Promise<unknown> | undefined;
/** For the next job, should it resemble the last. */
let ahead: Promise<EngineAhead | undefined> | undefined;

function send(message: FromRunner): Promise<void> {
  return new Promise((resolve) => process.send?.(message, () => resolve()));
}

process.on("disconnect", endGroup);
// The engine gets its own SIGINT from the abort signal; a stray one must not end the runner first.
process.on("SIGINT", () => cancelled.abort());
process.on("message", (message: ToRunner) => {
  if (message.kind === "setup") void prepare(message.setup);
  if (message.kind === "cancel") cancelled.abort();
  if (message.kind === "job") void work(message.job, message.nextToken);
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

async function work(job: Job, nextToken: string): Promise<void> {
  clearTimeout(idle);
  cancelled = new AbortController();
  const outcome = await run(job).catch(failed);
  const told = send({ kind: "done", outcome });
  // Whatever comes next waits for it.
  if (outcome.succeeded && isFrequent(job)) ahead = told.then(() => startAhead({ ...job, token: nextToken }));
}

function isFrequent({ program }: Job): boolean {
  return program.kind === "builtin" && catalogue?.builtins[program.name]?.isFrequent === true;
}

/** What fails here is tried again when the job is there. */
async function startAhead(job: Job): Promise<EngineAhead | undefined> {
  try {
    const { folder } = await placeProgram(job.program, (setup as RunnerSetup).work, { project: job.project });
    return await EngineAhead.start(await requestOf(job, folder), new EventBatch(sendEvents));
  } catch {
    return undefined;
  }
}

async function requestOf(job: Job, folder: string): Promise<WorkspaceRequest> {
  if (!setup || !command || !attached || !catalogue) throw new Error("A job came before the setup.");
  const program = job.program.kind === "builtin" ? builtinProgram(catalogue, job.program.name) : undefined;
  return { job, setup, command, folder, program, attached: await attached };
}

async function run(job: Job): Promise<RunnerOutcome> {
  if (!setup) throw new Error("A job came before the setup.");
  const { signal } = cancelled;
  const engine = await ahead;
  ahead = undefined;
  for (const [name, login] of Object.entries(job.logins ?? {})) holdLogin(name, login);
  if (engine?.takes(job)) return finishAhead(engine, job, signal);
  if (engine) {
    await engine.end();
    await empty(engine.stack.workspace.workDir);
  }
  await preloaded;
  const policies = job.policies && (await servePolicies(job.policies, setup, admitted(setup)));
  const log = (line: string) => void send({ kind: "log", lines: [line] });
  const [place, packs] = await Promise.all([
    placeProgram(job.program, setup.work, { project: job.project, signal, log }),
    servePacks(job.packs, { setup, signal, log }),
  ]);
  const stack = await openStack(await requestOf(job, place.folder));
  await writeConfig(stack, job);
  await send({ kind: "placed" });
  const recorder = job.operation === "preview" && canTellPeers ? new StackRecorder() : undefined;
  const recording = recorder && (await serveRecorder(recorder, setup.engineHome, admitted(setup)));
  const events = new EventBatch(sendEvents);
  try {
    await runOperation(stack, job, {
      onEvent: (event) => events.add(event),
      signal,
      policies: joinFlags(policies, packs.flags, recording),
    });
    packs.requireAll();
  } finally {
    await events.flush();
    // The next job may bring a program of its own.
    if (job.program.kind === "builtin") await empty(place.folder);
  }
  if (recorder?.resources) {
    await send({ kind: "cost", cost: estimate({ resources: recorder.resources }, setup.prices) });
  }
  return { succeeded: true };
}

async function finishAhead(engine: EngineAhead, job: Job, signal: AbortSignal): Promise<RunnerOutcome> {
  signal.addEventListener("abort", () => engine.cancel.abort());
  if (signal.aborted) engine.cancel.abort();
  await writeConfig(engine.stack, job);
  await send({ kind: "placed" });
  try {
    await engine.running;
  } finally {
    await engine.events.flush();
    await empty(engine.stack.workspace.workDir);
  }
  return { succeeded: true };
}

const sendEvents = (events: EngineEvent[]) => send({ kind: "events", events });

async function empty(folder: string): Promise<void> {
  const names = await readdir(folder);
  await Promise.all(names.map((name) => rm(path.join(folder, name), { recursive: true })));
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

/** The worker is gone or done: nothing of this job may go on. */
function endGroup(): void {
  try {
    process.kill(-process.pid, "SIGKILL");
  } catch {
    process.exit(1);
  }
}
