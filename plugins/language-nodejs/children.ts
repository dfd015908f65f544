import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { type Child, type Exit, type LaunchRequest, launch } from "../process/launch.ts";

/** How long output that a program's own children still hold open is waited for after its end. */
const drainMilliseconds = 500;

/** The children of one host: all of them are ended together. */
export class Children {
  #ending = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  /** Starts a child and resolves with its end, when all it has printed has been handed over. */
  async run(
    request: LaunchRequest,
    output: { stdout: (chunk: Buffer) => void; stderr: (chunk: Buffer) => void },
  ): Promise<Exit> {
    const child = launch(request, this.#ending.signal);
    child.stdout.on("data", output.stdout);
    child.stderr.on("data", output.stderr);
    this.#running.add(child.exited);
    try {
      const exit = await child.exited;
      await drained(child);
      return exit;
    } finally {
      this.#running.delete(child.exited);
    }
  }

  /** Ends all children of this moment; resolves when they are gone. An attached host serves on after it. */
  async end(): Promise<void> {
    this.#ending.abort(new Error("cancelled"));
    this.#ending = new AbortController();
    await Promise.allSettled(this.#running);
  }
}

async function drained({ stdout, stderr }: Child): Promise<void> {
  const signal = AbortSignal.timeout(drainMilliseconds);
  const end = (stream: Readable): Promise<void> => finished(stream, { signal, writable: false });
  await Promise.allSettled([end(stdout), end(stderr)]);
}
