import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { zstdCompress, zstdDecompress } from "node:zlib";
import type { Checkpoint } from "./checkpoint.ts";
import { parseExactly } from "./json.ts";

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** A checkpoint as it is stored: once for each distinct content. */
export interface Content {
  /** SHA-256 of the uncompressed text. */
  hash: Buffer;
  /** Zstandard. */
  bytes: Buffer;
  rawBytes: number;
  resourceCount: number;
}

export async function encodeContent(checkpoint: Checkpoint): Promise<Content> {
  const text = Buffer.from(JSON.stringify(checkpoint));
  return {
    hash: createHash("sha256").update(text).digest(),
    bytes: await compress(text),
    rawBytes: text.length,
    resourceCount: checkpoint.deployment?.resources?.length ?? 0,
  };
}

export async function decodeContent(bytes: Buffer): Promise<Checkpoint> {
  return parseExactly((await decompress(bytes)).toString()) as Checkpoint;
}
