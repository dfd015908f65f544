import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { identify, type ProcessIdentity } from "../../process/identity.ts";

const script = fileURLToPath(new URL("./guard.sh", import.meta.url));
const againMilliseconds = 100;
const dismissMilliseconds = 500;

/**
 * Has this process started again, with the same arguments, when it ends without a word (kill -9 included).
 * The guard is a small shell in a session of its own; this process in turn starts another guard when it ends.
 */
export class Guard {
  readonly #onStart: (guard: ProcessIdentity | undefined) => void;
  readonly #env: Record<string, string>;
  #child: ChildProcess | undefined;

  constructor(env: Record<string, string>, onStart: (guard: ProcessIdentity | undefined) => void) {
    this.#env = env;
    this.#onStart = onStart;
    this.#start();
  }

  /** Tells the guard that this process ends as it should, and waits until the guard is gone. */
  async dismiss(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit", { signal: AbortSignal.timeout(dismissMilliseconds) });
    child.stdin?.end("done\n");
    await gone.catch(() => undefined);
  }

  #start(): void {
    const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
    const child = spawn("/bin/sh", [script, ...again], {
      cwd: "/",
      env: this.#env,
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    });
    this.#child = child;
    child.on("error", () => undefined);
    child.stdin.on("error", () => undefined);
    child.once("exit", () => {
      if (this.#child === child) setTimeout(() => this.#start(), againMilliseconds);
    });
    this.#onStart(child.pid === undefined ? undefined : identify(child.pid));
  }
}
