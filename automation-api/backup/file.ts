import { createReadStream, createWriteStream } from "node:fs";
import { access, link, rm } from "node:fs/promises";
import type { Readable } from "node:stream";
import { pipeline as connect } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createZstdCompress, createZstdDecompress } from "node:zlib";
import { RoostError } from "../errors.ts";
import { openFrames, sealFrames } from "./frame.ts";
import { type Seal, sealOf } from "./seal.ts";

/** @throws conflict when there is such a file. */
export async function refuseExisting(file: string): Promise<void> {
  const exists = await access(file).then(
    () => true,
    () => false,
  );
  if (exists) throw new RoostError("conflict", `${file} exists: give another name.`);
}

/**
 * Compresses, seals and writes records. The file appears under its name when
 * it is whole and on the disk; one that is there already is not replaced.
 */
export async function writeSealed(file: string, seal: Seal, records: AsyncIterable<Buffer>): Promise<void> {
  const part = `${file}.${process.pid}.part`;
  try {
    await pipeline(
      records,
      createZstdCompress(),
      (source: AsyncIterable<Buffer>) => sealFrames(source, seal),
      createWriteStream(part, { flags: "wx", mode: 0o600, flush: true }),
    );
    await link(part, file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw new RoostError("conflict", `${file} exists: give another name.`);
    throw error;
  } finally {
    await rm(part, { force: true });
  }
}

/**
 * The records of a file, authenticated piece by piece. Only at the end of the
 * stream is it known that the file is whole.
 */
export function readSealed(file: string, passphrase: string | undefined): Readable {
  const opened = connect(
    createReadStream(file),
    (source: AsyncIterable<Buffer>) => openFrames(source, (head) => sealOf(head, passphrase)),
    createZstdDecompress(),
    // The reader of the last stream is told the same error.
    () => {},
  );
  return opened;
}
