import path from "node:path";
import type { PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import { type EngineProcess, startEngine } from "./engine-process.ts";

/** Last bytes of the engine's output that are kept for an error. */
const keptBytes = 16_384;

interface CommandResult {
  stdout: string;
  stderr: string;
  code: number;
}

/** The engine ended with a code that is not 0, or was killed. */
export class EngineFailure extends Error {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;

  constructor(code: number | null, signal: NodeJS.Signals | null, output: string) {
    super(signal ? `The engine was ended by ${signal}.` : `The engine ended with code ${code}.`);
    this.code = code;
    this.signal = signal;
    this.output = output;
  }
}

/**
 * Runs the pulumi command for the Automation API, one at a time. The
 * calls that the Automation API makes around it (select, outputs, history)
 * cost a process each and ask what the state backend knows: they are answered here.
 */
export class EngineCommand {
  readonly command: string;
  readonly version: PulumiCommand["version"];
  #child: EngineProcess | undefined;

  constructor(command: string, version: string) {
    this.command = command;
    // The Automation API compares it with functions that take text as well.
    this.version = version as unknown as PulumiCommand["version"];
  }

  /** Process id of the engine while it runs: providers admit its connections only. */
  get processId(): number | undefined {
    return this.#child?.pid;
  }

  /** Ends the engine that runs, at once. */
  kill(): void {
    this.#child?.kill("SIGKILL");
  }

  async run(
    args: string[],
    cwd: string,
    env: Record<string, string>,
    onOutput?: (text: string) => void,
    _onError?: (text: string) => void,
    signal?: AbortSignal,
  ): Promise<CommandResult> {
    const answer = answered(args);
    if (answer !== undefined) return { stdout: answer, stderr: "", code: 0 };
    signal?.throwIfAborted();
    const child = startEngine({
      command: [this.command, ...args, "--non-interactive"],
      cwd,
      env: {
        ...env,
        PATH: `${path.dirname(this.command)}${path.delimiter}${env.PATH ?? ""}`,
        PULUMI_AUTOMATION_API: "true",
      },
    });
    this.#child = child;
    const interrupt = () => child.kill("SIGINT");
    signal?.addEventListener("abort", interrupt, { once: true });
    let tail = "";
    const keep = (chunk: Buffer) => {
      tail = (tail + chunk.toString("utf8")).slice(-keptBytes);
    };
    child.stdout.on("data", (chunk: Buffer) => onOutput?.(chunk.toString("utf8")));
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    try {
      const { code, signal: killedBy } = await child.ended;
      if (code !== 0) throw new EngineFailure(code, killedBy, tail);
      return { stdout: "", stderr: "", code };
    } finally {
      signal?.removeEventListener("abort", interrupt);
      // Its process id may be another's by now.
      this.#child = undefined;
    }
  }
}

/** The backend made the stack before the runner got the job, and holds outputs and history. */
function answered(args: string[]): string | undefined {
  if (args[0] !== "stack") return undefined;
  if (args[1] === "select") return "";
  if (args[1] === "output") return "{}";
  if (args[1] === "history") return "[]";
  return undefined;
}
