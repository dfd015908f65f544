import { createReadStream, createWriteStream } from "node:fs";
import { access, link, rm } from "node:fs/promises";
import path from "node:path";
import type { Readable } from "node:stream";
import { pipeline as connect } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createZstdCompress, createZstdDecompress } from "node:zlib";
import { RoostError } from "../errors.ts";
import { openFrames, sealFrames } from "./frame.ts";
import { type Seal, type SealHead, sealOf } from "./seal.ts";

/** A passphrase, or a question that is asked when the file turns out to be encrypted. */
export type PassphraseSource = string | undefined | (() => Promise<string>);

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
    if (code === "ENOENT") throw new RoostError("not_found", `There is no folder ${path.dirname(file)}.`);
    throw error;
  } finally {
    await rm(part, { force: true });
  }
}

/**
 * The records of a file, authenticated piece by piece. Only at the end of the
 * stream is it known that the file is whole.
 */
export async function* readSealed(file: string, passphrase: PassphraseSource): AsyncGenerator<Buffer> {
  const source = openSealed(file, passphrase);
  try {
    yield* source;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new RoostError("not_found", `There is no file ${file}.`);
    if (code === "EISDIR") throw new RoostError("invalid", `${file} is a folder.`);
    throw error;
  } finally {
    source.destroy();
  }
}

function openSealed(file: string, passphrase: PassphraseSource): Readable {
  return connect(
    createReadStream(file),
    (source: AsyncIterable<Buffer>) => openFrames(source, (head) => sealFor(head, passphrase)),
    createZstdDecompress(),
    // The reader of the last stream is told the same error.
    () => {},
  );
}

async function sealFor(head: SealHead, passphrase: PassphraseSource): Promise<Seal> {
  const asked =
    typeof passphrase === "function" && head.kind === "passphrase" ? await passphrase() : undefined;
  return sealOf(head, typeof passphrase === "string" ? passphrase : asked);
}
