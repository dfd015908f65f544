import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { RoostError } from "../errors.ts";

const unknownLimitBytes = 1024 * 1024;

/**
 * The text of a request's body, gzip undone. States and journals are read here
 * and not by the JSON reader of all routes, so that their numbers stay as they were sent.
 * @param limitBytes after decompression.
 * @param admit asked before more than 1 MiB is read, for routes that anybody can reach.
 * @throws too_large, unsupported_media_type, invalid.
 */
export async function readText(
  request: IncomingMessage,
  limitBytes: number,
  admit: () => Promise<void> = async () => {},
): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  let isAdmitted = false;
  try {
    for await (const chunk of plain(request)) {
      size += (chunk as Buffer).length;
      if (size > limitBytes)
        throw new RoostError("too_large", `The body is larger than ${limitBytes} bytes.`);
      if (size > unknownLimitBytes && !isAdmitted) await admit();
      isAdmitted = size > unknownLimitBytes;
      chunks.push(chunk as Buffer);
    }
  } catch (error) {
    if (error instanceof RoostError) throw error;
    throw new RoostError("invalid", "The body cannot be read: it was cut off, or is not what it says.", {
      cause: error,
    });
  }
  return Buffer.concat(chunks).toString();
}

function plain(request: IncomingMessage): Readable {
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding === "identity") return request;
  if (encoding === "gzip") {
    const unzipped = createGunzip();
    // Leaving early must end both; an error of either is met by whoever reads.
    request.once("error", (error) => unzipped.destroy(error));
    request.once("aborted", () => unzipped.destroy(new Error("aborted")));
    return request.pipe(unzipped);
  }
  throw new RoostError("unsupported_media_type", "content-encoding: expected gzip or none");
}
