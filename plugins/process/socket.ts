import { connect, type Socket } from "node:net";
import { Readable } from "node:stream";
import { killOnAbort } from "./cancel.ts";
import {
  encodeData,
  encodeFrame,
  encodeJson,
  type Frame,
  FrameReader,
  type Role,
  type StartRequest,
  type StreamName,
} from "./frames.ts";
import type { Child, Exit, Launcher, LaunchRequest } from "./launch.ts";

/**
 * Has children started by a launcher that listens on a Unix socket, under a user that it keeps for them.
 * A connection is one child: when it ends, for whatever reason, the child's process group ends with it.
 * Nothing that is started so can outlive this process, so services are refused.
 */
export function socketLauncher(path: string, role: Role = "program"): Launcher {
  return {
    launch(request, signal) {
      if (request.command.length === 0) throw new Error("launch: the command is empty");
      if (request.as === "service")
        throw new Error("launch: services are not started by way of a launcher's socket");
      if (request.socket) throw new Error("launch: a socket is not handed on by way of a launcher's");
      signal?.throwIfAborted();
      const child = new RemoteChild(connect(path), request, role);
      if (signal) killOnAbort(signal, child.exited, (name) => child.kill(name));
      return child;
    },
  };
}

class RemoteChild implements Child {
  readonly #socket: Socket;
  readonly #reader = new FrameReader();
  readonly #streams: Record<StreamName, RemoteStream>;
  readonly #settle: { resolve(exit: Exit): void; reject(error: Error): void };
  readonly exited: Promise<Exit>;
  #pid: number | undefined;

  constructor(socket: Socket, request: LaunchRequest, role: Role) {
    this.#socket = socket;
    const take = (name: StreamName) => (bytes: number) => this.#send(encodeJson("taken", { name, bytes }));
    this.#streams = { stdout: new RemoteStream(take("stdout")), stderr: new RemoteStream(take("stderr")) };
    const { promise, resolve, reject } = Promise.withResolvers<Exit>();
    this.exited = promise;
    this.#settle = { resolve, reject };
    // Whoever awaits the promise sees the error; nobody awaiting it must not end the process.
    promise.catch(() => undefined);
    socket.on("data", (piece) => this.#read(piece));
    socket.on("error", (error) => this.#end(error));
    socket.on("close", () => this.#end(new Error("the connection ended before the child did")));
    const { command, cwd, env } = request;
    const as = request.role ?? role;
    this.#send(encodeJson("request", { command, cwd, env, as } satisfies StartRequest));
    for (const frame of encodeData("input", Buffer.from(request.stdin ?? ""))) this.#send(frame);
    this.#send(encodeFrame("inputEnd"));
  }

  get pid(): number | undefined {
    return this.#pid;
  }

  get stdout(): Readable {
    return this.#streams.stdout;
  }

  get stderr(): Readable {
    return this.#streams.stderr;
  }

  kill(signal: NodeJS.Signals): void {
    this.#send(encodeFrame("kill", Buffer.from(signal)));
  }

  #send(frame: Buffer): void {
    if (this.#socket.writable) this.#socket.write(frame);
  }

  #read(piece: Buffer): void {
    try {
      for (const frame of this.#reader.read(piece)) this.#handle(frame);
    } catch (error) {
      this.#end(error as Error);
    }
  }

  #handle({ kind, content }: Frame): void {
    if (kind === "started") this.#pid = JSON.parse(content.toString()).pid;
    if (kind === "stdout" || kind === "stderr") this.#streams[kind].deliver(content);
    if (kind === "end") this.#streams[content.toString() as StreamName].push(null);
    if (kind === "exit") this.#settle.resolve(JSON.parse(content.toString()));
    if (kind === "failed") this.#end(Object.assign(new Error(), JSON.parse(content.toString())));
  }

  /** Settles what is still open; harmless after all has ended as it should. */
  #end(error: Error): void {
    this.#settle.reject(error);
    this.#socket.destroy();
    for (const stream of Object.values(this.#streams)) stream.push(null);
  }
}

/** Tells the sender how much of it was taken, so that a slow reader holds up the child and fills no memory. */
class RemoteStream extends Readable {
  readonly #onTaken: (bytes: number) => void;
  #waiting = 0;

  constructor(onTaken: (bytes: number) => void) {
    super();
    this.#onTaken = onTaken;
  }

  deliver(content: Buffer): void {
    this.#waiting += content.length;
    // What nobody will read any more counts as taken.
    if (this.destroyed || this.push(content)) this.#take();
  }

  override _read(): void {
    this.#take();
  }

  #take(): void {
    if (this.#waiting > 0) this.#onTaken(this.#waiting);
    this.#waiting = 0;
  }
}
