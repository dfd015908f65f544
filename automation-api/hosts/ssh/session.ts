import { connect, type Socket } from "node:net";
import { channelFrame, type FieldReader, FrameReader, message, muxFrame } from "./messages.ts";

/** How a command on a host ended. */
export interface SessionEnd {
  /** Null: a signal ended it, or the host did not say. */
  code: number | null;
  signal: string | null;
}

export interface SessionRequest {
  command: string;
  /** Its whole standard input. */
  stdin: string;
  onStdout(chunk: Buffer): void;
  onStderr(chunk: Buffer): void;
}

const muxVersion = 4;
/** What the host may send before it hears that some was read. */
const windowBytes = 2 * 1024 * 1024;
const packetBytes = 32 * 1024;
/** Our number of the one channel that a socket carries. */
const own = 0;

/**
 * Runs a command over a connection that ssh keeps: its control socket in proxy mode carries the messages of a channel,
 * so that no process is started here. Everything else of the connection, such as who the host is, is ssh's alone.
 * @param control path of the control socket.
 * @param signal ends it: the channel is closed, and with it what the command would read and write.
 * @returns undefined when the connection was lost.
 * @throws the signal's reason, and what `onStdout` and `onStderr` throw.
 */
export function runOver(
  control: string,
  request: SessionRequest,
  signal: AbortSignal,
): Promise<SessionEnd | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(control);
    const channel = new SessionChannel(socket, request);
    const abort = () => fail(signal.reason);
    const fail = (error: unknown) => {
      signal.removeEventListener("abort", abort);
      channel.abandon();
      reject(error);
    };
    socket.on("data", (chunk: Buffer) => {
      try {
        channel.read(chunk);
      } catch (error) {
        fail(error);
      }
    });
    // A socket that is not there or breaks is a lost connection, as one that ends too early is.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      signal.removeEventListener("abort", abort);
      resolve(channel.ended);
    });
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
  });
}

/** One channel of kind "session", from its opening to its close. */
class SessionChannel {
  /** Set once the host has closed the channel. */
  ended: SessionEnd | undefined;
  readonly #socket: Socket;
  readonly #request: SessionRequest;
  readonly #frames = new FrameReader();
  readonly #input: Buffer;
  #isProxy = false;
  #isOpen = false;
  #isAbandoned = false;
  #sent = 0;
  #isInputEnded = false;
  /** The host's number of the channel, and what it takes. */
  #theirs = 0;
  #room = 0;
  #mostAtOnce = 0;
  #unreported = 0;
  #end: SessionEnd = { code: null, signal: null };

  constructor(socket: Socket, request: SessionRequest) {
    this.#socket = socket;
    this.#request = request;
    this.#input = Buffer.from(request.stdin);
    socket.write(Buffer.concat([muxFrame(message.muxHello, muxVersion), muxFrame(message.muxProxy, own)]));
  }

  /**
   * Closes the channel, and from now on heeds nothing. The socket is left to the host's own close: an ssh whose socket
   * goes away before that ends its whole connection.
   */
  abandon(): void {
    if (this.#isAbandoned) return;
    this.#isAbandoned = true;
    this.#socket.unref();
    if (this.#isOpen) this.#send(message.close, this.#theirs);
  }

  /** What one chunk is answered with goes out at once: each write wakes ssh. */
  read(chunk: Buffer): void {
    this.#socket.cork();
    try {
      for (const frame of this.#frames.read(chunk)) {
        if (this.#isProxy) this.#onMessage(frame);
        else this.#onMux(frame);
      }
    } finally {
      this.#socket.uncork();
    }
  }

  #onMux(frame: FieldReader): void {
    const type = frame.number();
    if (type === message.muxHello) return;
    if (type !== message.muxProxyAccepted) {
      this.#socket.destroy();
      return;
    }
    this.#isProxy = true;
    this.#send(message.open, "session", own, windowBytes, packetBytes);
  }

  #onMessage(frame: FieldReader): void {
    // How much padding there is: none.
    frame.byte();
    const type = frame.byte();
    // All that concern a channel name it first, by our number.
    frame.number();
    switch (type) {
      case message.opened:
        this.#onOpened(frame);
        break;
      case message.window:
        this.#room += frame.number();
        this.#feed();
        break;
      case message.data:
        this.#take(frame.bytes(), this.#request.onStdout);
        break;
      case message.extendedData:
        // Of one kind only: standard error.
        frame.number();
        this.#take(frame.bytes(), this.#request.onStderr);
        break;
      case message.request:
        this.#onRequest(frame);
        break;
      case message.requestFailed:
        this.#send(message.close, this.#theirs);
        break;
      case message.close:
        if (!this.#isAbandoned) this.#send(message.close, this.#theirs);
        this.ended = this.#end;
        this.#socket.end();
        break;
      case message.openFailed:
        // The connection stands; the host lets no more run over it.
        this.ended = this.#end;
        this.#socket.end();
    }
  }

  #onOpened(frame: FieldReader): void {
    this.#theirs = frame.number();
    this.#room = frame.number();
    this.#mostAtOnce = frame.number();
    this.#isOpen = true;
    if (this.#isAbandoned) {
      this.#send(message.close, this.#theirs);
      return;
    }
    this.#send(message.request, this.#theirs, "exec", true, this.#request.command);
    this.#feed();
  }

  #onRequest(frame: FieldReader): void {
    const name = frame.bytes().toString();
    // Whether it wants an answer: none of these do.
    frame.byte();
    if (name === "exit-status") this.#end = { code: frame.number(), signal: null };
    if (name === "exit-signal") this.#end = { code: null, signal: frame.bytes().toString() };
  }

  #take(bytes: Buffer, onBytes: (chunk: Buffer) => void): void {
    if (this.#isAbandoned) return;
    onBytes(bytes);
    this.#unreported += bytes.length;
    if (this.#unreported < windowBytes / 2) return;
    this.#send(message.window, this.#theirs, this.#unreported);
    this.#unreported = 0;
  }

  /** As much of the input as the host takes now. */
  #feed(): void {
    if (this.#isAbandoned) return;
    while (this.#sent < this.#input.length && this.#room > 0) {
      const length = Math.min(this.#input.length - this.#sent, this.#room, this.#mostAtOnce);
      this.#send(message.data, this.#theirs, this.#input.subarray(this.#sent, this.#sent + length));
      this.#sent += length;
      this.#room -= length;
    }
    if (this.#sent < this.#input.length || this.#isInputEnded) return;
    this.#isInputEnded = true;
    this.#send(message.eof, this.#theirs);
  }

  #send(type: number, ...fields: (number | string | Buffer | boolean)[]): void {
    this.#socket.write(channelFrame(type, ...fields));
  }
}
