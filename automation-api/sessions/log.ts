import { open } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import type { StreamEvent } from "../http/stream.ts";

const pollMilliseconds = 250;
const chunkBytes = 64 * 1024;

export interface LogTarget {
  /** File with what the session prints; its newest part, when it is rotated. */
  path: string;
  /** Whether more may come. */
  isLive(): Promise<boolean>;
}

/**
 * The lines that a session has printed, then, with `follow`, those that it prints, until it is over or the reader
 * leaves. After a rotation it goes on with the new file.
 */
export async function* sessionLog(
  target: LogTarget,
  { follow, signal }: { follow: boolean; signal: AbortSignal },
): AsyncGenerator<StreamEvent> {
  let position = 0;
  let inode: number | undefined;
  let rest = "";
  while (!signal.aborted) {
    const isLive = follow && (await target.isLive());
    const part = await readFrom(target.path, position, inode);
    if (part.isNew) rest = "";
    inode = part.inode;
    position = part.position;
    const lines = (rest + part.text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield { event: "line", data: { line } };
    if (part.text.length > 0) continue;
    if (!isLive) {
      if (rest) yield { event: "line", data: { line: rest } };
      yield { event: "end", data: {} };
      return;
    }
    await wait(pollMilliseconds, undefined, { signal }).catch(() => {});
  }
}

/** The same for what comes as it is printed, from a target that keeps it itself. */
export async function* streamLog(chunks: AsyncIterable<Buffer>): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield { event: "line", data: { line } };
  }
  if (rest) yield { event: "line", data: { line: rest } };
  yield { event: "end", data: {} };
}

async function readFrom(path: string, position: number, inode: number | undefined) {
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (file === undefined) return { isNew: false, inode, position, text: "" };
  try {
    const { ino, size } = await file.stat();
    const isNew = inode !== undefined && (ino !== inode || size < position);
    const from = isNew ? 0 : position;
    const buffer = Buffer.alloc(chunkBytes);
    const { bytesRead } = await file.read(buffer, 0, chunkBytes, from);
    // A character that is cut at the end comes whole with the next part.
    const whole = completeUtf8(buffer.subarray(0, bytesRead));
    return { isNew, inode: ino, position: from + whole.length, text: whole.toString("utf8") };
  } finally {
    await file.close();
  }
}

/** Without the beginning of a character whose end is not there yet; bytes that are no text at all stay. */
function completeUtf8(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] as number;
    if ((byte & 0xc0) === 0x80) continue;
    const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needs > back && bytes.length > back ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}
