import { open } from "node:fs/promises";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { Parser, type ReadEntry, Unpack } from "tar";
import { RoostError } from "../errors.ts";
import { createEntryCheck } from "./archive-entry.ts";
import { type ProgramLimits, programLimits } from "./domain.ts";

const gzipMagic = Buffer.from([0x1f, 0x8b]);
const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const manifestBytes = 64 * 1024;

export interface ArchiveContents {
  entries: number;
  /** Text of Pulumi.yaml in the archive's root, when there is one. */
  manifest?: string;
}

/**
 * Reads a gzipped tar to the end without writing anything.
 * @throws invalid when it is none, or must not be unpacked: see `createEntryCheck`.
 */
export async function inspectArchive(
  bytes: Buffer,
  limits: ProgramLimits = programLimits,
): Promise<ArchiveContents> {
  if (!bytes.subarray(0, 2).equals(gzipMagic)) throw refused("it is not gzipped");
  const contents: ArchiveContents = { entries: 0 };
  const parser = new Parser({
    strict: true,
    onReadEntry(entry) {
      contents.entries += 1;
      const isManifest = /^(\.\/)?Pulumi\.ya?ml$/.test(entry.path) && entry.size <= manifestBytes;
      if (!isManifest) return entry.resume();
      contents.manifest = "";
      entry.on("data", (chunk) => {
        contents.manifest += chunk.toString("utf8");
      });
    },
  });
  await readThrough(Readable.from([bytes]), true, parser, limits);
  return contents;
}

/**
 * Unpacks a tar file, plain or gzipped, into an empty folder. Stops at the
 * first entry that is refused; what was written until then is the caller's to remove.
 * Owners and special modes of the archive are not taken over.
 */
export async function unpackArchive(
  file: string,
  folder: string,
  options: { signal?: AbortSignal; limits?: ProgramLimits } = {},
): Promise<void> {
  const handle = await open(file, "r");
  try {
    const { buffer: start } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    const unpack = new Unpack({ cwd: folder, strict: true, preserveOwner: false, noMtime: true });
    const source = handle.createReadStream({ start: 0, autoClose: false });
    await readThrough(
      source,
      start.equals(gzipMagic),
      unpack,
      options.limits ?? programLimits,
      options.signal,
    );
  } finally {
    await handle.close();
  }
}

async function readThrough(
  source: Readable,
  gzipped: boolean,
  parser: Parser,
  limits: ProgramLimits,
  signal?: AbortSignal,
): Promise<void> {
  const check = createEntryCheck(limits);
  let fault: string | undefined;
  parser.filter = (_path, entry) => {
    const { path, type, size, linkpath } = entry as ReadEntry;
    fault ??= check({ path, type, size, linkpath });
    if (fault) parser.abort(new Error(fault));
    else if (entry.mode !== undefined) entry.mode &= 0o755;
    return fault === undefined;
  };
  const steps = gzipped ? [createGunzip(), limitTar(limits)] : [limitTar(limits)];
  try {
    await pipeline([source, ...steps, parser as unknown as NodeJS.WritableStream], { signal });
  } catch (error) {
    if (signal?.aborted || (error instanceof RoostError && !fault)) throw error;
    throw refused(fault ?? describe(error), error);
  }
}

/** Stops a stream of zeros, and a second layer of compression, which the parser would open by itself. */
function limitTar(limits: ProgramLimits): Transform {
  const most = limits.bytes + limits.entries * 2048;
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (seen === 0 && (startsWith(chunk, gzipMagic) || startsWith(chunk, zstdMagic))) {
        return done(refused("it is compressed more than once"));
      }
      seen += chunk.length;
      if (seen > most) return done(refused(`it unpacks to more than ${limits.bytes} bytes`));
      done(null, chunk);
    },
  });
}

function startsWith(chunk: Buffer, start: Buffer): boolean {
  return chunk.subarray(0, start.length).equals(start);
}

function describe(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code?.startsWith("Z_")) return "its compression is damaged";
  return code?.startsWith("TAR_") ? `it is no sound tar file (${message})` : message;
}

function refused(why: string, cause?: unknown): RoostError {
  return new RoostError("invalid", `The archive is refused: ${why}.`, {
    faults: [{ field: "body", message: why }],
    cause,
  });
}
