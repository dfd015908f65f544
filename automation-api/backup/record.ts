import type { z } from "zod";
import { RoostError } from "../errors.ts";
import { ByteReader } from "./byte-reader.ts";

/** The inside of a backup: records of one byte kind, four bytes length, and content. */
const kinds = { json: 0x4a, rows: 0x52 } as const;
const mostRecordBytes = 2 ** 31 - 1;

export function encodeJson(value: unknown): Buffer {
  return encode(kinds.json, Buffer.from(JSON.stringify(value)));
}

/** A piece of a table's rows, cut anywhere. */
export function encodeRows(piece: Buffer): Buffer {
  return encode(kinds.rows, piece);
}

function encode(kind: number, content: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(kind);
  head.writeUInt32BE(content.length, 1);
  return Buffer.concat([head, content]);
}

/** Reads records in the order that its caller expects. Every method throws `invalid` on another order. */
export class RecordReader {
  readonly #reader: ByteReader;
  /** Kind and length of a record whose head was read. */
  #next: { kind: number; length: number } | undefined;

  constructor(source: AsyncIterable<Buffer>) {
    this.#reader = new ByteReader(source);
  }

  async json<T>(schema: z.ZodType<T>): Promise<T> {
    const head = await this.#peek();
    if (head?.kind !== kinds.json) throw malformed();
    const parsed = schema.safeParse(JSON.parse((await this.#content(head.length)).toString("utf8")));
    if (!parsed.success) throw malformed(parsed.error);
    return parsed.data;
  }

  /** Pieces of rows up to the next record of another kind. */
  async *rows(): AsyncGenerator<Buffer> {
    for (;;) {
      const head = await this.#peek();
      if (head?.kind !== kinds.rows) return;
      yield await this.#content(head.length);
    }
  }

  async end(): Promise<void> {
    if (await this.#peek()) throw malformed();
  }

  async #peek() {
    if (this.#next) return this.#next;
    if (await this.#reader.isAtEnd()) return undefined;
    const head = await this.#reader.take(5);
    if (!head) throw malformed();
    this.#next = { kind: head.readUInt8(), length: head.readUInt32BE(1) };
    if (this.#next.length > mostRecordBytes) throw malformed();
    return this.#next;
  }

  async #content(length: number): Promise<Buffer> {
    const content = await this.#reader.take(length);
    this.#next = undefined;
    if (!content) throw malformed();
    return content;
  }
}

function malformed(cause?: unknown): RoostError {
  return new RoostError(
    "invalid",
    "The backup file does not hold what a backup holds, or was written by a newer release.",
    { cause },
  );
}
