/**
 * The language between a process that wants a child and the launcher that starts it. One connection per child:
 * four bytes of length, one byte of kind, content.
 */

/** Content of one frame at most; longer data travels in several. */
export const frameBytes = 64 * 1024;
/** A request holds a whole environment, which the system limits to about this much. */
const requestBytes = 4 * 1024 * 1024;

/** Bytes of one stream that may be under way before the reader has taken them. */
export const windowBytes = 1024 * 1024;

export const kinds = [
  "request",
  "input",
  "inputEnd",
  "kill",
  "taken",
  "started",
  "stdout",
  "stderr",
  "end",
  "exit",
  "failed",
] as const;
export type FrameKind = (typeof kinds)[number];

export interface Frame {
  kind: FrameKind;
  content: Buffer;
}

/** As whom a child runs: what a user supplies, the engine that holds the access token, or a pack that judges the former. */
export type Role = "program" | "engine" | "policy";

export type StreamName = "stdout" | "stderr";

/** What is asked first on a connection; standard input follows in frames of its own. */
export interface StartRequest {
  command: string[];
  cwd: string;
  env: Record<string, string>;
  as: Role;
}

/** The other side does not speak this language; nothing more is read from it. */
export class FrameError extends Error {}

export function encodeFrame(kind: FrameKind, content: Uint8Array = Buffer.alloc(0)): Buffer {
  const frame = Buffer.alloc(5 + content.length);
  frame.writeUInt32BE(content.length, 0);
  frame.writeUInt8(kinds.indexOf(kind), 4);
  frame.set(content, 5);
  return frame;
}

export function encodeJson(kind: FrameKind, value: unknown): Buffer {
  return encodeFrame(kind, Buffer.from(JSON.stringify(value)));
}

/** Data of any length as frames of one kind. */
export function encodeData(kind: FrameKind, data: Buffer): Buffer[] {
  const count = Math.ceil(data.length / frameBytes);
  return Array.from({ length: count }, (_, index) =>
    encodeFrame(kind, data.subarray(index * frameBytes, (index + 1) * frameBytes)),
  );
}

/** Puts frames together again from pieces of any size. */
export class FrameReader {
  #pieces: Buffer[] = [];
  #held = 0;

  /**
   * Takes the next piece and returns the frames that it completes.
   * @throws FrameError for an unknown kind or a length that no honest sender writes
   */
  read(piece: Buffer): Frame[] {
    this.#pieces.push(piece);
    this.#held += piece.length;
    const frames: Frame[] = [];
    while (this.#held >= 5) {
      const head = this.#peek(5);
      const length = head.readUInt32BE(0);
      const kind = kinds[head.readUInt8(4)];
      if (kind === undefined) throw new FrameError("a frame of an unknown kind");
      if (length > (kind === "request" ? requestBytes : frameBytes))
        throw new FrameError(`a ${kind} frame of ${length} bytes`);
      if (this.#held < 5 + length) break;
      frames.push({ kind, content: this.#take(5 + length).subarray(5) });
    }
    return frames;
  }

  /** True between two frames: a connection that ends elsewhere was cut off. */
  get isEmpty(): boolean {
    return this.#held === 0;
  }

  #peek(bytes: number): Buffer {
    if ((this.#pieces[0]?.length ?? 0) < bytes) this.#pieces = [Buffer.concat(this.#pieces)];
    return this.#pieces[0] as Buffer;
  }

  #take(bytes: number): Buffer {
    const whole = this.#peek(bytes);
    this.#pieces[0] = whole.subarray(bytes);
    this.#held -= bytes;
    return whole.subarray(0, bytes);
  }
}
