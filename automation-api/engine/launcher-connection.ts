import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import {
  encodeData,
  encodeFrame,
  encodeJson,
  type Frame,
  FrameReader,
  type Role,
  type StartRequest,
  type StreamName,
  windowBytes,
} from "../../plugins/process/index.ts";
import type { OpenRunner } from "./launcher-contract.ts";
import { processesOf } from "./launcher-processes.ts";

const signals = [
  "SIGINT",
  "SIGTERM",
  "SIGKILL",
  "SIGHUP",
  "SIGQUIT",
  "SIGUSR1",
  "SIGUSR2",
  "SIGSTOP",
  "SIGCONT",
] as const;
const streamNames: StreamName[] = ["stdout", "stderr"];

/**
 * One connection to a runner's launcher: starts one child under one of the
 * runner's users, passes its streams and its end on, and ends its process
 * group when the connection ends before it.
 */
export class LauncherConnection {
  readonly #socket: Socket;
  readonly #runner: OpenRunner;
  readonly #roles: readonly Role[];
  readonly #onStart: (user: number) => void;
  readonly #reader = new FrameReader();
  readonly #underWay: Record<StreamName, number> = { stdout: 0, stderr: 0 };
  #child: ChildProcess | undefined;
  #user = -1;
  /** Streams, and the child itself, that have not ended. */
  #open = 3;
  #exited = false;

  constructor(
    socket: Socket,
    runner: OpenRunner,
    roles: readonly Role[],
    onStart: (user: number) => void = () => {},
  ) {
    this.#socket = socket;
    this.#runner = runner;
    this.#roles = roles;
    this.#onStart = onStart;
    socket.on("data", (piece) => this.#read(piece));
    socket.on("error", () => undefined);
    socket.once("close", () => this.#abandon());
  }

  #read(piece: Buffer): void {
    try {
      for (const frame of this.#reader.read(piece)) this.#handle(frame);
    } catch (error) {
      this.#socket.end(
        encodeJson("failed", { message: `the launcher refused: ${(error as Error).message}` }),
      );
      this.#abandon();
    }
  }

  #handle({ kind, content }: Frame): void {
    if (kind === "request") {
      this.#start(readRequest(content));
      return;
    }
    const child = this.#child;
    if (child === undefined) throw new Error(`${kind} came before the request`);
    if (kind === "input") child.stdin?.write(content);
    else if (kind === "inputEnd") child.stdin?.end();
    else if (kind === "kill") this.#kill(readSignal(content));
    else if (kind === "taken") this.#taken(JSON.parse(content.toString()));
    else throw new Error(`${kind} is not for a launcher`);
  }

  /**
   * The environment is the user's, and some names in it make any program run
   * foreign code as it starts. So it must meet nothing that still has rights:
   * user and groups are given up between fork and exec, and no other program comes between.
   */
  #start(request: StartRequest): void {
    if (this.#child) throw new Error("a second request");
    const [program, ...rest] = request.command as [string, ...string[]];
    if (!this.#roles.includes(request.as)) throw new Error(`it starts no ${request.as} here`);
    const { users } = this.#runner;
    this.#user = users[request.as];
    this.#onStart(this.#user);
    const child = spawn(program, rest, {
      cwd: request.cwd,
      env: request.as === "engine" ? request.env : this.#environment(request.env, request.as),
      uid: this.#user,
      // The engine belongs to the program's group, so that it can read what the program has written.
      gid: request.as === "policy" ? users.policy : users.program,
      detached: true,
      stdio: "pipe",
    });
    this.#child = child;
    child.once("error", ({ message, code }: NodeJS.ErrnoException) => {
      if (child.pid === undefined) this.#socket.end(encodeJson("failed", { message, code }));
    });
    if (child.pid === undefined) return;
    this.#send(encodeJson("started", { pid: child.pid }));
    // A child may close its input before reading all of it.
    child.stdin?.on("error", () => undefined);
    for (const name of streamNames) this.#pass(name, child);
    child.once("exit", (code, signal) => {
      this.#exited = true;
      this.#send(encodeJson("exit", { code, signal }));
      this.#ended();
    });
  }

  /** Whoever asks would hand on its own private folder: what it starts gets one of its own. */
  #environment(env: Record<string, string>, as: "program" | "policy"): Record<string, string> {
    const { runner, engine, [as]: home } = this.#runner.homes;
    const own = (value: string) => (value === runner || value === engine ? home : value);
    return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, own(value)]));
  }

  #pass(name: StreamName, child: ChildProcess): void {
    const stream = child[name];
    stream?.on("data", (data: Buffer) => {
      this.#underWay[name] += data.length;
      if (this.#underWay[name] > windowBytes) stream.pause();
      for (const frame of encodeData(name, data)) this.#send(frame);
    });
    stream?.on("error", () => undefined);
    stream?.once("close", () => {
      this.#send(encodeFrame("end", Buffer.from(name)));
      this.#ended();
    });
  }

  #taken({ name, bytes }: { name: StreamName; bytes: number }): void {
    if (!streamNames.includes(name)) throw new Error("an unknown stream");
    this.#underWay[name] -= bytes;
    if (this.#underWay[name] <= windowBytes) this.#child?.[name]?.resume();
  }

  #ended(): void {
    this.#open -= 1;
    if (this.#open === 0) this.#socket.end();
  }

  #send(frame: Buffer): void {
    if (this.#socket.writable) this.#socket.write(frame);
  }

  #abandon(): void {
    if (this.#child && this.#open > 0) this.#kill("SIGKILL");
  }

  #kill(signal: NodeJS.Signals): void {
    const group = this.#child?.pid;
    if (group === undefined) return;
    // Once the leader was reaped its number is safe only as long as its group has members.
    const members = () => processesOf([this.#user]).filter((each) => each.group === group);
    if (this.#exited && members().length === 0) return;
    try {
      process.kill(-group, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

function readRequest(content: Buffer): StartRequest {
  const request = JSON.parse(content.toString()) as StartRequest;
  const { command, cwd, env } = request;
  const isRequest =
    Array.isArray(command) &&
    command.length > 0 &&
    command.every((word) => typeof word === "string") &&
    typeof cwd === "string" &&
    cwd.startsWith("/") &&
    typeof env === "object" &&
    env !== null &&
    Object.values(env).every((value) => typeof value === "string");
  if (!isRequest) throw new Error("a request that is none");
  return request;
}

function readSignal(content: Buffer): NodeJS.Signals {
  const signal = signals.find((name) => name === content.toString());
  if (!signal) throw new Error("an unknown signal");
  return signal;
}
