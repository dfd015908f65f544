import { type ChildProcess, spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { messageOf } from "../errors.ts";
import type { FromLauncher, OpenRunner, ToLauncher } from "./launcher-contract.ts";
import type { MountStep } from "./launcher-mounts.ts";
import { endUsers } from "./launcher-processes.ts";
import { idsOf } from "./launcher-users.ts";

const entry = fileURLToPath(new URL("./launcher-main.ts", import.meta.url));
const mountScript = fileURLToPath(new URL("./launcher-mounts.sh", import.meta.url));
const limitScript = fileURLToPath(new URL("./launcher-limits.sh", import.meta.url));
const readyMilliseconds = 20_000;
/** All that the launcher does: take other users, end their processes, own and place sockets. */
const capabilities = ["setuid", "setgid", "kill", "chown", "fowner", "dac_override"];

export interface LauncherOptions {
  /** Made when missing; each launcher lays its own mounts there, seen by nobody else. */
  viewFolder: string;
  /** What the launcher and everything it starts sees differently; empty: nothing. */
  mounts: MountStep[];
  onFault(message: string): void;
}

interface Pending {
  resolve(): void;
  reject(error: Error): void;
}

/** The launcher process, seen from the worker. When it dies it is started again; what it had started is ended. */
export class Launcher {
  readonly #options: LauncherOptions;
  readonly #open = new Map<number, OpenRunner>();
  readonly #pending = new Map<number, Pending>();
  #child: ChildProcess | undefined;
  #ready: Promise<void>;
  #request = 0;
  #stopped = false;

  private constructor(options: LauncherOptions) {
    this.#options = options;
    this.#ready = this.#start();
  }

  /** @throws when this machine forbids it what it needs. */
  static async start(options: LauncherOptions): Promise<Launcher> {
    await mkdir(options.viewFolder, { recursive: true, mode: 0o700 });
    const launcher = new Launcher(options);
    try {
      await launcher.#ready;
      return launcher;
    } catch (error) {
      await launcher.stop();
      throw error;
    }
  }

  get processId(): number | undefined {
    return this.#child?.pid;
  }

  /** The command line that starts `command` where it sees what the launcher's children see. */
  inView(command: string[]): string[] {
    if (this.#options.mounts.length === 0) return command;
    return ["nsenter", `--mount=/proc/${this.#child?.pid}/ns/mnt`, "--", ...command];
  }

  /** From now on the runner's user can have children started. */
  async open(runner: OpenRunner): Promise<void> {
    this.#ready = this.#ready.catch(() => this.#replace());
    await this.#ready;
    this.#open.set(runner.users.runner, runner);
    await this.#ask({ kind: "open", request: 0, runner });
  }

  /** Ends every process of the runner's users. */
  async close(runner: OpenRunner): Promise<void> {
    this.#open.delete(runner.users.runner);
    try {
      await this.#ready;
      await this.#ask({ kind: "close", request: 0, runner });
    } catch {
      // The launcher is gone, and what it had started may not be.
      await endUsers(idsOf(runner.users));
    }
  }

  /** Ends the launcher with everything that it has started. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#ready.catch(() => undefined);
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.ref();
    if (child.connected) child.disconnect();
    await ended;
  }

  async #start(): Promise<void> {
    const [program, ...rest] = this.#command() as [string, ...string[]];
    const child = spawn(program, rest, {
      cwd: "/",
      // Nothing of the server's settings: what it starts is given its own environment.
      env: { PATH: process.env.PATH, TZ: process.env.TZ },
      detached: true,
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#child = child;
    let said = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString("utf8")).slice(-2000);
    });
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error("the launcher was not ready in time")), readyMilliseconds);
      child.once("error", reject);
      child.once("exit", () => reject(new Error(said.trim() || "the launcher ended at once")));
      child.once("message", () => resolve());
    }).finally(() => clearTimeout(timer));
    child.on("message", (message: FromLauncher) => this.#answered(message));
    child.removeAllListeners("exit");
    child.on("error", () => undefined);
    child.once("exit", () => void this.#lost(said));
    // It must not keep a worker alive that has nothing else to do.
    child.unref();
    child.channel?.unref();
    (child.stderr as unknown as { unref?: () => void } | null)?.unref?.();
  }

  #command(): string[] {
    const { mounts, viewFolder } = this.#options;
    const bounding = capabilities.map((name) => `+${name}`).join(",");
    const rights = ["--clear-groups", "--no-new-privs", "--inh-caps=-all", `--bounding-set=-all,${bounding}`];
    const node = [
      process.execPath,
      "--max-old-space-size=256",
      "--disable-warning=ExperimentalWarning",
      entry,
    ];
    const launcher = ["setpriv", ...rights, "--", "/bin/sh", limitScript, ...node];
    if (mounts.length === 0) return launcher;
    const steps = mounts.flatMap(({ verb, path: target }) => [verb, target]);
    const view = ["/bin/sh", mountScript, viewFolder, ...steps, "--", ...launcher];
    return ["unshare", "--mount", "--propagation", "slave", "--", ...view];
  }

  #ask(message: ToLauncher): Promise<void> {
    const request = ++this.#request;
    const child = this.#child;
    if (!child?.connected) return Promise.reject(new Error("the launcher is gone"));
    return new Promise((resolve, reject) => {
      this.#pending.set(request, { resolve, reject });
      child.channel?.ref();
      child.send({ ...message, request }, (error) => {
        if (error) this.#answered({ kind: "done", request, error: error.message });
      });
    });
  }

  #answered(message: FromLauncher): void {
    if (message.kind !== "done") return;
    const pending = this.#pending.get(message.request);
    this.#pending.delete(message.request);
    if (this.#pending.size === 0) this.#child?.channel?.unref();
    if (message.error === undefined) pending?.resolve();
    else pending?.reject(new Error(message.error));
  }

  async #lost(said: string): Promise<void> {
    for (const { reject } of this.#pending.values()) reject(new Error("the launcher is gone"));
    this.#pending.clear();
    if (this.#stopped) return;
    this.#options.onFault(`the launcher has died and is started again ${said}`.trim());
    this.#ready = this.#replace();
    this.#ready.catch((error) =>
      this.#options.onFault(`the launcher could not be started: ${messageOf(error)}`),
    );
  }

  async #replace(): Promise<void> {
    await endUsers(
      [...this.#open.values()].flatMap(({ users }) => [users.engine, users.program, users.policy]),
    );
    await this.#start();
    await Promise.all(
      [...this.#open.values()].map((runner) => this.#ask({ kind: "open", request: 0, runner })),
    );
  }
}
