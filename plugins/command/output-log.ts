import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import type { Context } from "../provider/index.ts";
import type { Logging, Output } from "./inputs.ts";

/** Lines that come within this time travel to the engine as one message. */
const gatherMilliseconds = 50;
/** A line may be any length in the outputs; in the log it is cut. */
const longestLine = 8_192;
/** Letters of both streams. What a command prints becomes part of the state, so that more is a mistake. */
const longestOutput = 16 * 1024 * 1024;

export interface Collected extends Output {
  /** Both streams in the order in which they came: what an error message shows. */
  both: string;
}

/** Collects what a command prints, and shows its lines while it runs. */
export class OutputLog {
  readonly #context: Context;
  readonly #logged: { stdout: boolean; stderr: boolean };
  readonly #decoders = { stdout: new StringDecoder("utf8"), stderr: new StringDecoder("utf8") };
  readonly #text = { stdout: "", stderr: "", both: "" };
  /** Printed and not yet ended by a line break. */
  readonly #open = { stdout: "", stderr: "" };
  readonly #full = new AbortController();
  #lines: string[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(context: Context, logging: Logging = "stdoutAndStderr") {
    this.#context = context;
    this.#logged = {
      stdout: logging === "stdout" || logging === "stdoutAndStderr",
      stderr: logging === "stderr" || logging === "stdoutAndStderr",
    };
  }

  /** Aborts when more was printed than is kept; whoever runs the command then ends it. */
  get full(): AbortSignal {
    return this.#full.signal;
  }

  /** @throws when more was printed than is kept, with the beginning of it. */
  throwIfFull(command: string): void {
    if (!this.full.aborted) return;
    const start = this.#text.both.slice(0, longestLine);
    throw new Error(`ended after ${longestOutput} letters of output: running "${command}":\n${start}…`);
  }

  follow(name: "stdout" | "stderr", stream: Readable): void {
    stream.on("data", (chunk: Buffer) => this.#take(name, this.#decoders[name].write(chunk)));
  }

  /** Everything printed, each stream without its last line break. Call it when the streams have ended. */
  finish(): Collected {
    for (const name of ["stdout", "stderr"] as const) {
      this.#take(name, this.#decoders[name].end());
      if (this.#logged[name] && this.#open[name] !== "") this.#lines.push(this.#open[name]);
    }
    this.#send();
    const { stdout, stderr, both } = this.#text;
    return { stdout: stdout.replace(/\n$/, ""), stderr: stderr.replace(/\n$/, ""), both };
  }

  #take(name: "stdout" | "stderr", text: string): void {
    if (this.#text.both.length + text.length > longestOutput) this.#full.abort();
    if (this.full.aborted) return;
    this.#text[name] += text;
    this.#text.both += text;
    if (!this.#logged[name]) return;
    const lines = (this.#open[name] + text).split(/\r?\n/);
    this.#open[name] = lines.pop() ?? "";
    this.#lines.push(...lines);
    if (this.#lines.length > 0) this.#timer ??= setTimeout(() => this.#send(), gatherMilliseconds);
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#lines.length === 0) return;
    // Masked before it is cut: half of a secret would no longer be found.
    const lines = this.#lines.map((line) => this.#context.mask(line).slice(0, longestLine));
    this.#lines = [];
    this.#context.log("info", lines.join("\n"));
  }
}
