import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { identify, type ProcessIdentity } from "../../plugins/process/index.ts";
import type { Served } from "../../plugins/provider/index.ts";
import type { SessionTargets } from "../../plugins/roost/index.ts";
import { RoostError } from "../errors.ts";
import { fillCompileCache } from "./compile-cache.ts";
import type { FromRunner, Job, RunnerOutcome, RunnerSetup, ToRunner } from "./contract.ts";
import { type Gate, newEngineToken } from "./gate.ts";
import { type Isolation, type OtherUser, openRoom, type Room } from "./isolation.ts";
import { killGroup } from "./process-group.ts";
import { admitEngine, serveLocalServices } from "./providers.ts";

const entry = new URL("./runner.ts", import.meta.url);
/** Between the cancel that the engine is told and the end of its whole group. */
const cancelGraceMilliseconds = 1500;
const readyMilliseconds = 60_000;

export interface RunnerOptions {
  slot: number;
  isolation: Isolation;
  memoryMegabytes: number;
  /** From `prepareRunners`. */
  compileCache: string;
  setup: Omit<RunnerSetup, RoomSetup | "attached">;
  /** Folder with the records of local services. */
  servicesFolder: string;
  /** Where sessions run. Default: as processes below that folder. */
  sessionTargets?: SessionTargets;
  /** Of the state backend's listener. */
  gate: Gate;
  /** Receives what the runner's process writes outside of its channel. */
  onOutput: (line: string) => void;
}

/**
 * Makes the starts of runners cheap: to be called once by a worker, before its first.
 * @param cacheFolder kept from run to run
 */
export function prepareRunners(
  cacheFolder: string,
  { memoryMegabytes, setup }: { memoryMegabytes: number; setup: Pick<RunnerSetup, "catalogue"> },
): Promise<string> {
  const modules = [entry.href, setup.catalogue];
  return fillCompileCache(path.join(cacheFolder, "compiled"), nodeFlags(memoryMegabytes), modules);
}

function nodeFlags(memoryMegabytes: number): string[] {
  return [`--max-old-space-size=${memoryMegabytes}`];
}

/** What a process gathers with time goes with it. */
const mostJobs = 50;

/**
 * Whether a job that went well leaves a runner as it found it: a program of ours ran in it, and nothing of a user's;
 * it got no key of a host; and nothing that judges it is still served.
 */
function leavesNothing({ program, operation, policies, packs, logins }: Job): boolean {
  const isJudged = policies !== undefined || packs.length > 0 || operation === "preview";
  return program.kind === "builtin" && !isJudged && Object.keys(logins ?? {}).length === 0;
}

export interface JobHandlers {
  onEvents(events: Extract<FromRunner, { kind: "events" }>["events"]): void;
  onLog(lines: string[]): void;
  onCost(cost: Extract<FromRunner, { kind: "cost" }>["cost"]): void;
}

/** One runner process, seen from the worker. */
export class Runner {
  readonly slot: number;
  readonly identity: ProcessIdentity;
  /** Resolves with how its process ended, when it has. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #room: Room;
  readonly #warmed = Promise.withResolvers<void>();
  #services: Served | undefined;
  readonly #gate: Gate;
  #token = newEngineToken();
  #disposed: Promise<void> | undefined;
  #jobs = 0;

  private constructor(
    { slot, gate }: RunnerOptions,
    child: ChildProcess,
    identity: ProcessIdentity,
    room: Room,
  ) {
    this.slot = slot;
    this.#gate = gate;
    this.#child = child;
    this.identity = identity;
    this.#room = room;
    this.ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => resolve(signal ?? `code ${code}`));
    });
    child.on("message", (message: FromRunner) => {
      if (message.kind === "warm") this.#warmed.resolve();
    });
  }

  /** Starts a process and waits until it has imported everything that a job needs. */
  static async start(options: RunnerOptions): Promise<Runner> {
    const room = await openRoom(options.isolation, options.slot);
    const flags = nodeFlags(options.memoryMegabytes);
    const command = room.command([process.execPath, ...flags, fileURLToPath(entry)]);
    const child = spawn(command[0] as string, command.slice(1), {
      cwd: "/",
      env: {
        ...runnerEnvironment(room),
        NODE_COMPILE_CACHE: await room.lendCompileCache(options.compileCache),
      },
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => options.onOutput(chunk.toString("utf8").trimEnd()));
    }
    const identity = await startedIdentity(child).catch(async (error) => {
      await room.close();
      throw error;
    });
    const runner = new Runner(options, child, identity, room);
    await room.noteRunner(identity);
    runner.#services = await serveLocalServices(
      options.servicesFolder,
      options.sessionTargets,
      admitEngine(room.engineUser, () => identity.pid),
    );
    const attached = runner.#services ? [`roost:${runner.#services.port}`] : [];
    await runner.#becomeReady({
      ...options.setup,
      ...setupOf(room),
      attached,
      ...(room.enginePath && { enginePath: room.enginePath }),
    });
    return runner;
  }

  /** Where what the runner needs is put for it, and whose it has to be. */
  get place(): { folder: string; asUser?: OtherUser } {
    return { folder: path.join(this.#room.work, "fetched"), asUser: this.#room.programUser };
  }

  /** The same for the policy pack of that number. */
  packPlace(number: number): Runner["place"] {
    return { folder: path.join(this.#room.packs, `fetched-${number}`), asUser: this.#room.policyUser };
  }

  /** False once the process has ended, for whatever reason. */
  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves when it has used its waiting time to warm up, or has ended. */
  async warmed(): Promise<void> {
    await Promise.race([this.#warmed.promise, this.ended]);
  }

  /** Of the engine of its next job, which may be waiting already. */
  get token(): string {
    return this.#token;
  }

  get isUsed(): boolean {
    return this.#jobs > 0;
  }

  /** Whether it may run another job: it lives, and the last one left nothing in it. */
  get isReusable(): boolean {
    return this.isAlive && this.#disposed === undefined && this.#jobs < mostJobs;
  }

  /**
   * Runs a job. `cancel` ends it: gracefully at first, the whole group soon after.
   * Of a runner that is not reusable afterwards nothing is left when it returns, unless the job succeeded: then that
   * takes a moment more, since success need not wait for it: `dispose` tells.
   */
  async run(job: Job, handlers: JobHandlers, cancel: AbortSignal): Promise<RunnerOutcome> {
    this.#jobs += 1;
    const nextToken = newEngineToken();
    this.#gate.close(nextToken);
    this.#token = nextToken;
    const done = Promise.withResolvers<RunnerOutcome>();
    const onMessage = (message: FromRunner) => {
      if (message.kind === "events") handlers.onEvents(message.events);
      if (message.kind === "log") handlers.onLog(message.lines);
      if (message.kind === "cost") handlers.onCost(message.cost);
      if (message.kind === "placed") this.#gate.open(job.token);
      if (message.kind === "done") done.resolve(message.outcome);
    };
    this.#child.on("message", onMessage);
    let timer: NodeJS.Timeout | undefined;
    const onCancel = () => {
      this.#tell({ kind: "cancel" });
      timer = setTimeout(() => killGroup(this.identity.pid), cancelGraceMilliseconds);
    };
    if (cancel.aborted) onCancel();
    cancel.addEventListener("abort", onCancel, { once: true });
    this.#tell({ kind: "job", job, nextToken });
    const end = await Promise.race([this.ended, done.promise]);
    clearTimeout(timer);
    cancel.removeEventListener("abort", onCancel);
    this.#child.off("message", onMessage);
    this.#gate.open(job.token);
    const outcome =
      typeof end === "string"
        ? { succeeded: false, signal: end, error: `The runner ended before its deployment did (${end}).` }
        : end;
    if (outcome.succeeded && leavesNothing(job) && !cancel.aborted) return outcome;
    const disposed = this.dispose();
    // Whoever calls dispose hears of its failure.
    if (outcome.succeeded) disposed.catch(() => {});
    else await disposed;
    return outcome;
  }

  /** Ends the process with all that it started, and removes its folder. */
  dispose(): Promise<void> {
    this.#disposed ??= this.#dispose();
    return this.#disposed;
  }

  async #dispose(): Promise<void> {
    killGroup(this.identity.pid);
    this.#gate.open(this.#token);
    await this.ended;
    await this.#services?.close();
    await this.#room.close();
  }

  #tell(message: ToRunner): void {
    // A runner that has just died is noticed by its exit.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  async #becomeReady(setup: RunnerSetup): Promise<void> {
    const ready = new Promise<void>((resolve) => {
      const listener = (message: FromRunner) => {
        if (message.kind !== "ready") return;
        this.#child.off("message", listener);
        resolve();
      };
      this.#child.on("message", listener);
    });
    this.#tell({ kind: "setup", setup });
    const timeout = AbortSignal.timeout(readyMilliseconds);
    const end = await Promise.race([
      ready,
      this.ended,
      new Promise<string>((resolve) => timeout.addEventListener("abort", () => resolve("not ready in time"))),
    ]);
    if (end === undefined) return;
    await this.dispose();
    throw new RoostError("unavailable", `A runner could not be started (${end}).`);
  }
}

/** What the room decides of a runner's setup. */
type RoomSetup = "work" | "packs" | "engineHome" | "engineUser" | "engineLauncher";

function setupOf(room: Room): Pick<RunnerSetup, RoomSetup> {
  const { work, packs, engineHome, engineUser, launchers } = room;
  return { work, packs, engineHome, engineUser, engineLauncher: launchers?.engine };
}

/** An allow-list: settings, database and tokens of the server stay with the server. */
function runnerEnvironment({ home, launchers }: Room): Record<string, string> {
  const names = [
    "PATH",
    "LANG",
    "TZ",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
  ];
  const inherited = names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []));
  return {
    ...Object.fromEntries(inherited),
    HOME: home,
    TMPDIR: home,
    ...(launchers && { ROOST_LAUNCHER: launchers.runner }),
  };
}

async function startedIdentity(child: ChildProcess): Promise<ProcessIdentity> {
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  const identity = identify(child.pid as number);
  if (!identity) throw new RoostError("unavailable", "A runner ended as soon as it was started.");
  return identity;
}
