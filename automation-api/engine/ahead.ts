import type { Stack } from "@pulumi/pulumi/automation/index.js";
import type { EngineCommand } from "./command.ts";
import type { Job } from "./contract.ts";
import type { EventBatch } from "./event-batch.ts";
import { runOperation } from "./operation.ts";
import { openStack, type WorkspaceRequest } from "./workspace.ts";

/** An engine that nobody wants for so long is not worth its memory. */
const idleMilliseconds = 60_000;

/**
 * The engine of the next update of a stack, started when one has ended: half of what a small update takes is the start
 * of its engine. It waits at the first question that it asks the state backend, before it reads the configuration, so
 * that a job needs only to put that in place.
 */
export class EngineAhead {
  readonly cancel = new AbortController();
  readonly events: EventBatch;
  readonly stack: Stack;
  /** Ends as the operation does. */
  readonly running: Promise<void>;
  readonly #key: string;
  readonly #command: EngineCommand;
  readonly #idle: NodeJS.Timeout;
  #isOver = false;

  private constructor(
    stack: Stack,
    job: Job,
    { command, events }: { command: EngineCommand; events: EventBatch },
  ) {
    this.stack = stack;
    this.events = events;
    this.#key = keyOf(job);
    this.#command = command;
    this.running = runOperation(stack, job, {
      onEvent: (event) => events.add(event),
      signal: this.cancel.signal,
    });
    const over = () => {
      this.#isOver = true;
    };
    this.running.then(over, over);
    this.#idle = setTimeout(() => void this.end(), idleMilliseconds);
  }

  /** @param request with the job that the next one is expected to resemble, and the next one's token */
  static async start(request: WorkspaceRequest, events: EventBatch): Promise<EngineAhead> {
    return new EngineAhead(await openStack(request), request.job, { command: request.command, events });
  }

  /** Whether it can do the job: then it is the job's alone. */
  takes(job: Job): boolean {
    if (this.#isOver || keyOf(job) !== this.#key) return false;
    clearTimeout(this.#idle);
    return true;
  }

  async end(): Promise<void> {
    clearTimeout(this.#idle);
    if (!this.#isOver) {
      this.#isOver = true;
      // Whichever comes first, its process or its end.
      this.cancel.abort();
      this.#command.kill();
    }
    await this.running.catch(() => {});
  }
}

/** All of a job that its engine is told when it starts, and what keeps a job from it. */
function keyOf(job: Job): string {
  const { organization, project, stack, operation, options, program, policies, packs, token, traceParent } =
    job;
  return JSON.stringify([
    [organization, project, stack],
    [operation, options, program, policies, packs],
    [token, traceParent],
  ]);
}
