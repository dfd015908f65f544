import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Done, Order } from "./host-process.ts";

const entry = fileURLToPath(new URL("./host-process.ts", import.meta.url));

/** A process with the program imported and the provider served, for one call of the CLI. */
export class Host {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves when all is imported. */
  static async start(env: Record<string, string>): Promise<Host> {
    const child = fork(entry, { env, stdio: ["ignore", "inherit", "inherit", "ipc"] });
    await messageFrom(child);
    return new Host(child);
  }

  /** @throws with what the CLI said when it failed, or when it took longer than `limitMs`. */
  async run(order: Order, limitMs: number): Promise<Done> {
    const timer = setTimeout(() => this.end(), limitMs);
    try {
      const answer = messageFrom<Done>(this.#child);
      this.#child.send(order);
      const done = await answer;
      if (done.failure !== undefined) throw new Error(`${order.way} of ${order.stack}: ${done.failure}`);
      return done;
    } finally {
      clearTimeout(timer);
    }
  }

  end(): void {
    this.#child.kill("SIGKILL");
  }
}

function messageFrom<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null, signal: string | null) =>
      reject(new Error(`A program's process ended too early (${signal ?? code}).`));
    child.once("exit", onExit);
    child.once("message", (message) => {
      child.off("exit", onExit);
      resolve(message as T);
    });
  });
}
