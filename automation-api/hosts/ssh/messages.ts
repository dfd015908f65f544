/** Messages of ssh's control socket (OpenSSH's PROTOCOL.mux) and of a connection's channels (RFC 4254) that are used here. */
export const message = {
  muxHello: 0x00000001,
  muxProxy: 0x1000000f,
  muxProxyAccepted: 0x8000000f,
  open: 90,
  opened: 91,
  openFailed: 92,
  window: 93,
  data: 94,
  extendedData: 95,
  eof: 96,
  close: 97,
  request: 98,
  requestFailed: 100,
} as const;

/** Larger than any that a channel's largest packet makes. */
const largestFrame = 256 * 1024;

/** A number of four bytes, or a text or bytes with their length in front. */
type Field = number | string | Buffer;

/** A request of the control socket. */
export function muxFrame(type: number, ...fields: Field[]): Buffer {
  return framed(encoded([type, ...fields]));
}

/** A message of a channel as the socket carries it in proxy mode: without padding, which its first byte says. */
export function channelFrame(type: number, ...fields: (Field | boolean)[]): Buffer {
  return framed(Buffer.concat([Buffer.of(0, type), encoded(fields)]));
}

/** Cuts a stream into what stands behind each length. */
export class FrameReader {
  #kept: Buffer = Buffer.alloc(0);

  /** @throws for a length that nothing here has. */
  *read(chunk: Buffer): Generator<FieldReader> {
    this.#kept = this.#kept.length > 0 ? Buffer.concat([this.#kept, chunk]) : chunk;
    while (this.#kept.length >= 4) {
      const length = this.#kept.readUInt32BE(0);
      if (length > largestFrame) throw new Error("That is no message of ssh.");
      if (this.#kept.length < 4 + length) return;
      const frame = this.#kept.subarray(4, 4 + length);
      this.#kept = this.#kept.subarray(4 + length);
      yield new FieldReader(frame);
    }
  }
}

/** The fields of one message, from the first to the last. @throws RangeError where it is shorter. */
export class FieldReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#at++);
  }

  number(): number {
    this.#at += 4;
    return this.#bytes.readUInt32BE(this.#at - 4);
  }

  bytes(): Buffer {
    const length = this.number();
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

function framed(body: Buffer): Buffer {
  return Buffer.concat([numbered(body.length), body]);
}

function encoded(fields: (Field | boolean)[]): Buffer {
  return Buffer.concat(
    fields.flatMap((field) => {
      if (typeof field === "boolean") return [Buffer.of(field ? 1 : 0)];
      if (typeof field === "number") return [numbered(field)];
      const bytes = Buffer.from(field);
      return [numbered(bytes.length), bytes];
    }),
  );
}

function numbered(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
