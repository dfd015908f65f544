// ECS as far as sessions use it, for what an emulator does not have: launch limits, slow starts, client tokens, lost
// replies, throttles and network interfaces. docs/sessions-on-ecs.md says what it does not show.

import http from "node:http";
import type { AddressInfo } from "node:net";
import { Bucket } from "./bucket.ts";
import { cluster, describe, holdsInterface, newTask, type StandInTask, startSeconds } from "./tasks.ts";

/** Of a new account. */
export const launchLimits = { burst: 100, perSecond: 20 };
const callLimits = { burst: 20, perSecond: 20 };
const deprovisionSeconds = 3;

interface Fault {
  status: number;
  type: string;
  message: string;
}

export interface StandInOptions {
  /** Seconds of its clock in one of ours. Default: 1. */
  speed?: number;
  /** Seconds from being accepted to running. Default: log-normal with a median of 45. */
  startSeconds?: () => number;
  /** Of its tasks, each the same. Default: 127.0.0.1, where a test may listen. */
  address?: string;
  /** Seconds after its end in which a task can still be seen. Default: an hour. */
  keepSeconds?: number;
}

/** A running stand-in. `AWS_ENDPOINT_URL_ECS` leads the SDK to its `url`. */
export class EcsStandIn {
  readonly cluster = cluster;
  readonly tasks: StandInTask[] = [];
  /** Names of the calls that were answered, in order. */
  readonly calls: string[] = [];
  throttles = 0;
  /** The next calls of a name that are carried out and whose reply never comes. */
  readonly lost = new Map<string, number>();
  /** Tasks that the next RunTask is refused for want of room. */
  refuse = 0;
  readonly #options: StandInOptions;
  readonly #server: http.Server;
  readonly #began = performance.now();
  readonly #launches: Bucket;
  readonly #runCalls: Bucket;
  readonly #byToken = new Map<string, { input: string; arns: string[]; failures: unknown[] }>();

  private constructor(options: StandInOptions) {
    this.#options = options;
    this.#launches = new Bucket(launchLimits, () => this.now());
    this.#runCalls = new Bucket(callLimits, () => this.now());
    this.#server = http.createServer((request, response) => void this.#answer(request, response));
  }

  static async start(options: StandInOptions = {}): Promise<EcsStandIn> {
    const standIn = new EcsStandIn(options);
    await new Promise<void>((resolve) => standIn.#server.listen(0, "127.0.0.1", resolve));
    return standIn;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Seconds of its own clock. */
  now(): number {
    return ((performance.now() - this.#began) / 1000) * (this.#options.speed ?? 1);
  }

  /** Tasks that are not told to stop. */
  running(): StandInTask[] {
    return this.tasks.filter(({ stoppingAt }) => stoppingAt === null);
  }

  /** Network interfaces that tasks hold now. */
  interfaces(): number {
    return this.tasks.filter((task) => holdsInterface(task, this.now())).length;
  }

  /** A task ends by itself. */
  end(arn: string, exitCode: number): void {
    const task = this.tasks.find((each) => each.arn === arn);
    if (!task) throw new Error(`There is no task ${arn}.`);
    const now = this.now();
    Object.assign(task, {
      stoppingAt: now,
      endsAt: now,
      exitCode,
      reason: "Essential container in task exited",
    });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const name = String(request.headers["x-amz-target"]).split(".").at(-1) as string;
    const input = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    let status = 200;
    let body: unknown;
    try {
      body = this.#carryOut(name, input);
      this.calls.push(name);
    } catch (error) {
      const fault = error as Fault;
      if (fault.type === undefined) throw error;
      status = fault.status;
      body = { __type: fault.type, message: fault.message };
    }
    const losses = this.lost.get(name) ?? 0;
    if (losses > 0 && status === 200) {
      this.lost.set(name, losses - 1);
      request.socket.destroy();
      return;
    }
    response.writeHead(status, { "content-type": "application/x-amz-json-1.1" });
    response.end(JSON.stringify(body));
  }

  #carryOut(name: string, input: Record<string, unknown>): unknown {
    this.#forget();
    switch (name) {
      case "RunTask":
        return this.#run(input as never);
      case "ListTasks":
        return this.#list(input as never);
      case "DescribeTasks":
        return this.#describe(input as never);
      case "StopTask":
        return this.#stop(input as never);
      case "TagResource":
        return this.#tag(input as never);
      default:
        throw fault("InvalidParameterException", `The stand-in has no ${name}.`);
    }
  }

  #forget(): void {
    const oldest = this.now() - (this.#options.keepSeconds ?? 3_600);
    const isOld = ({ endsAt }: StandInTask) => endsAt !== null && endsAt < oldest;
    if (this.tasks.some(isOld))
      this.tasks.splice(0, this.tasks.length, ...this.tasks.filter((task) => !isOld(task)));
  }

  #run(input: {
    clientToken: string;
    count: number;
    startedBy: string;
    tags: { key: string; value: string }[];
    overrides: unknown;
  }) {
    const { clientToken, count, startedBy, tags, overrides } = input;
    if (count < 1 || count > 10) throw fault("InvalidParameterException", "count must be from 1 to 10");
    const before = this.#byToken.get(clientToken);
    if (before) {
      if (before.input !== JSON.stringify(input))
        throw fault("ConflictException", "The token was used for another call.");
      return { tasks: this.#named(before.arns), failures: before.failures };
    }
    if (!this.#runCalls.take(1) || !this.#launches.take(count)) {
      this.throttles += 1;
      throw fault("ThrottlingException", "Rate exceeded");
    }
    const refused = Math.min(count, this.refuse);
    this.refuse -= refused;
    const now = this.now();
    const started = Array.from({ length: count - refused }, () =>
      newTask({
        startedBy,
        tags: new Map(tags.map(({ key, value }) => [key, value])),
        overrides,
        address: this.#options.address ?? "127.0.0.1",
        acceptedAt: now,
        runsAt: now + (this.#options.startSeconds ?? (() => startSeconds(Math.random)))(),
      }),
    );
    this.tasks.push(...started);
    const failures = Array.from({ length: refused }, () => ({
      reason:
        "Capacity is unavailable at this time. Please try again later or in a different availability zone",
    }));
    this.#byToken.set(clientToken, {
      input: JSON.stringify(input),
      arns: started.map(({ arn }) => arn),
      failures,
    });
    return { tasks: started.map((task) => describe(task, now)), failures };
  }

  #list(input: { startedBy?: string; desiredStatus?: string; maxResults?: number; nextToken?: string }) {
    const { startedBy, desiredStatus = "RUNNING", maxResults = 100, nextToken = "0" } = input;
    const wanted = this.tasks.filter(
      (task) =>
        (startedBy === undefined || task.startedBy === startedBy) &&
        (task.stoppingAt === null) === (desiredStatus === "RUNNING"),
    );
    const from = Number(nextToken);
    const taskArns = wanted.slice(from, from + maxResults).map(({ arn }) => arn);
    const isMore = from + maxResults < wanted.length;
    return { taskArns, ...(isMore && { nextToken: String(from + maxResults) }) };
  }

  #describe({ tasks }: { tasks: string[] }) {
    if (tasks.length > 100) throw fault("InvalidParameterException", "at most 100 tasks");
    const known = new Set(this.tasks.map(({ arn }) => arn));
    const failures = tasks.filter((arn) => !known.has(arn)).map((arn) => ({ arn, reason: "MISSING" }));
    return { tasks: this.#named(tasks), failures };
  }

  #named(arns: string[]) {
    const wanted = new Set(arns);
    return this.tasks.filter(({ arn }) => wanted.has(arn)).map((task) => describe(task, this.now()));
  }

  #stop({ task: arn, reason }: { task: string; reason: string }) {
    const task = this.tasks.find((each) => each.arn === arn);
    if (!task) throw fault("InvalidParameterException", "The referenced task was not found.");
    if (task.stoppingAt === null) {
      const now = this.now();
      Object.assign(task, { stoppingAt: now, endsAt: now + deprovisionSeconds, reason });
    }
    return { task: describe(task, this.now()) };
  }

  #tag({ resourceArn, tags }: { resourceArn: string; tags: { key: string; value: string }[] }) {
    const task = this.tasks.find(({ arn }) => arn === resourceArn);
    if (!task) throw fault("ResourceNotFoundException", "There is no such task.");
    for (const { key, value } of tags) task.tags.set(key, value);
    return {};
  }
}

function fault(type: string, message: string): Fault {
  return { status: 400, type, message };
}
