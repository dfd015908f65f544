import { z } from "zod";
import { RoostError } from "../errors.ts";
import { ByteReader } from "./byte-reader.ts";
import { type Seal, type SealHead, sealHead } from "./seal.ts";

const mark = Buffer.from("ROOST-BACKUP\n", "latin1");
/** Data bytes of every frame but the last. */
export const frameBytes = 256 * 1024;
const mostHeadBytes = 4096;
const lastFlag = 0x8000_0000;

const head = z.strictObject({ format: z.literal(1), seal: sealHead });

/**
 * Writes a backup file's bytes: mark, length and text of the head, then frames
 * of length (its first bit tells the last frame), data and tag.
 */
export async function* sealFrames(source: AsyncIterable<Buffer>, seal: Seal): AsyncGenerator<Buffer> {
  const headBytes = encodeHead(seal);
  seal.begin(headBytes);
  yield headBytes;
  const reader = new ByteReader(source);
  for (let index = 0; ; index++) {
    const full = await reader.take(frameBytes);
    const data = full ?? (await reader.rest());
    const last = full === undefined || (await reader.isAtEnd());
    yield encodeFrame(seal, data, { index, last });
    if (last) return;
  }
}

/**
 * Reads back what `sealFrames` wrote; each piece is handed out after it was
 * authenticated.
 * @param sealFor makes the seal that the head asks for.
 * @throws invalid when it is no backup, was changed or cut.
 */
export async function* openFrames(
  source: AsyncIterable<Buffer>,
  sealFor: (head: SealHead) => Promise<Seal>,
): AsyncGenerator<Buffer> {
  const reader = new ByteReader(source);
  const seal = await readHead(reader, sealFor);
  for (let index = 0; ; index++) {
    const prefix = await reader.take(4);
    if (!prefix) throw cut();
    const length = prefix.readUInt32BE() & ~lastFlag;
    const last = (prefix.readUInt32BE() & lastFlag) !== 0;
    if (length > frameBytes) throw changed();
    const frame = await reader.take(length + seal.tagBytes);
    if (!frame) throw cut();
    const data = seal.open(frame.subarray(0, length), frame.subarray(length), { index, last });
    if (!data) throw changed();
    yield data;
    if (!last) continue;
    if (await reader.isAtEnd()) return;
    throw new RoostError("invalid", "The backup file has more after its end: it was changed.");
  }
}

function encodeHead(seal: Seal): Buffer {
  const text = Buffer.from(JSON.stringify({ format: 1, seal: seal.head } satisfies z.input<typeof head>));
  return Buffer.concat([mark, uint32(text.length), text]);
}

async function readHead(reader: ByteReader, sealFor: (head: SealHead) => Promise<Seal>): Promise<Seal> {
  const start = await reader.take(mark.length + 4);
  if (!start?.subarray(0, mark.length).equals(mark)) {
    throw new RoostError("invalid", "The file is not a backup of Roost.");
  }
  const length = start.readUInt32BE(mark.length);
  const text = length <= mostHeadBytes ? await reader.take(length) : undefined;
  const parsed = text && head.safeParse(parse(text.toString("utf8")));
  if (!text || !parsed?.success) {
    throw new RoostError(
      "invalid",
      "The head of the backup file is damaged, or was written by a newer release.",
    );
  }
  const seal = await sealFor(parsed.data.seal);
  seal.begin(Buffer.concat([start, text]));
  return seal;
}

function encodeFrame(seal: Seal, plain: Buffer, place: { index: number; last: boolean }): Buffer {
  const { data, tag } = seal.seal(plain, place);
  return Buffer.concat([uint32(data.length + (place.last ? lastFlag : 0)), data, tag]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function cut(): RoostError {
  return new RoostError("invalid", "The backup file is cut off: its end is missing.");
}

function changed(): RoostError {
  return new RoostError("invalid", "The backup file was changed or is damaged.");
}
