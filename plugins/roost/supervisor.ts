import { existsSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { baseEnvironment } from "../process/environment.ts";
import { identify } from "../process/identity.ts";
import { Guard } from "./service/guard.ts";
import { killLeftovers } from "./service/leftovers.ts";
import { tryLock } from "./service/lock.ts";
import { RotatingLog } from "./service/log.ts";
import { planProcess } from "./service/process-plan.ts";
import {
  pathsIn,
  readRecord,
  readSecrets,
  readStatus,
  type ServicePaths,
  type ServiceRecord,
  type ServiceStatus,
  writeStatus,
} from "./service/record.ts";
import { describeExit, planRestart } from "./service/restart.ts";
import { pause, type Run, startRun } from "./service/run.ts";
import { resolveSettings } from "./service/spec.ts";

// Keeps one service running as its record says. Started with the service's folder as its only argument; there is
// one per service, in a session of its own. SIGTERM ends the service and then this; SIGHUP reads settings again.

const steadySeconds = 60;

class Supervisor {
  readonly #paths: ServicePaths;
  readonly #log: RotatingLog;
  readonly #stopping = new AbortController();
  #record: ServiceRecord;
  #status: ServiceStatus;
  #guard: Guard | undefined;
  #run: Run | undefined;
  #unhealthy = false;
  #healthySince: number | undefined;

  constructor(paths: ServicePaths, record: ServiceRecord) {
    this.#paths = paths;
    this.#record = record;
    this.#log = new RotatingLog(paths.log, resolveSettings(record.inputs).log);
    this.#status = { state: "starting", supervisor: identify(process.pid)!, restarts: 0 };
  }

  async keep(): Promise<void> {
    process.on("SIGTERM", () => this.stop());
    process.on("SIGINT", () => this.stop());
    process.on("SIGHUP", () => this.reload());
    const { NODE_COMPILE_CACHE } = process.env;
    this.#guard = new Guard(baseEnvironment({ NODE_COMPILE_CACHE }), (guard) => this.#report({ guard }));
    const restarts: number[] = [];
    let inARow = 0;
    while (!this.#stopping.signal.aborted) {
      const exit = await this.#live();
      if (this.#stopping.signal.aborted) break;
      const now = performance.now() / 1000;
      if (this.#healthySince !== undefined && now - this.#healthySince >= steadySeconds) inARow = 0;
      const decision = planRestart(
        this.#settings.restart,
        { ...exit, unhealthy: this.#unhealthy },
        restarts,
        inARow,
        now,
      );
      if (decision.action !== "restart") {
        this.#say(`not started again: ${decision.reason}`);
        const state = decision.action === "fail" ? "failed" : "stopped";
        this.#report({ state, service: undefined, reason: decision.reason });
        return this.#leave();
      }
      this.#say(`${describeExit(exit)}; starting again in ${decision.afterSeconds} s`);
      this.#report({
        state: "restarting",
        service: undefined,
        reason: describeExit(exit),
        restarts: this.#status.restarts + 1,
      });
      restarts.push(now);
      inARow += 1;
      await pause(decision.afterSeconds * 1000, this.#stopping.signal);
    }
    this.#report({ state: "stopped", service: undefined, reason: "it was told to stop" });
    return this.#leave();
  }

  stop(): void {
    this.#stopping.abort();
    void this.#run?.stop(this.#settings.stopGraceSeconds);
  }

  reload(): void {
    this.#record = readRecord(this.#paths) ?? this.#record;
    this.#log.limits = this.#settings.log;
  }

  get #settings() {
    return resolveSettings(this.#record.inputs);
  }

  async #live() {
    this.#unhealthy = false;
    this.#healthySince = undefined;
    this.#run = startRun({
      ...planProcess(this.#record, this.#paths, readSecrets(this.#paths), nodeFor(this.#record)),
      folder: this.#paths.folder,
      address: this.#record.address,
      port: this.#record.port,
      settings: () => this.#settings,
      onOutput: (chunk) => this.#write(chunk),
      onHealth: (healthy) => this.#judge(healthy),
    });
    this.#report({ state: "starting", service: this.#run.identity });
    return this.#run.ended;
  }

  #judge(healthy: boolean): void {
    if (this.#stopping.signal.aborted || this.#unhealthy) return;
    if (healthy) {
      this.#healthySince = performance.now() / 1000;
      this.#report({ state: "running", reason: undefined });
      return;
    }
    this.#report({ state: "unhealthy", reason: "its health check keeps failing" });
    if (this.#settings.restart.policy === "never") return;
    this.#unhealthy = true;
    void this.#run?.stop(this.#settings.stopGraceSeconds);
  }

  #say(text: string): void {
    this.#write(Buffer.from(`[roost] ${new Date().toISOString()} ${text}\n`));
  }

  /** A full disk must cost lines of the log, not the service. */
  #write(chunk: Buffer): void {
    try {
      this.#log.write(chunk);
    } catch (error) {
      process.stderr.write(`log: ${(error as Error).message}\n`);
    }
  }

  #report(change: Partial<ServiceStatus>): void {
    this.#status = { ...this.#status, ...change };
    try {
      writeStatus(this.#paths, this.#status);
    } catch (error) {
      process.stderr.write(`status: ${(error as Error).message}\n`);
    }
  }

  async #leave(): Promise<void> {
    await this.#guard?.dismiss();
    this.#log.close();
  }
}

/** The Node that was chosen at deploy may be gone after an upgrade. */
function nodeFor(record: ServiceRecord): string {
  return record.node !== undefined && existsSync(record.node) ? record.node : process.execPath;
}

async function main(folder: string): Promise<void> {
  process.umask(0o077);
  const paths = pathsIn(folder);
  const release = tryLock(paths.lock);
  if (!release) return;
  // Held until this process is gone (and by this reference: an unreachable lock would be collected), so that
  // whoever gets it next knows that nothing of this one is left.
  process.once("exit", release);
  const record = readRecord(paths);
  // The one before may have been killed and have left its service behind.
  killLeftovers(paths.folder, readStatus(paths)?.service);
  if (record?.wanted === "running") await new Supervisor(paths, record).keep();
}

// Loading TypeScript costs half of this process's memory, unless it was cached by one that loaded it before.
flushCompileCache();
const folder = process.argv[2];
if (folder !== undefined) await main(folder);
process.exit(0);
