import { readFile, stat } from "node:fs/promises";
import { create } from "tar";
import { RoostError } from "../errors.ts";
import { uploadLimitBytes } from "../programs/domain.ts";
import { formatBytes } from "./duration.ts";

/** Folders that a program is installed or versioned with, not made of. */
const leftOut = new Set(["node_modules", ".git", ".pulumi"]);

/**
 * The bytes of a gzipped tar file, or those of one made from a folder.
 * @throws invalid when there is no such file or folder, or it is too large.
 */
export async function packProgram(place: string, flag = "--archive"): Promise<Buffer> {
  const found = await stat(place).catch(() => undefined);
  if (!found) throw new RoostError("invalid", `${flag}: there is no ${place}.`);
  const bytes = found.isDirectory() ? await packFolder(place) : await readFile(place);
  if (bytes.length > uploadLimitBytes) {
    throw new RoostError(
      "invalid",
      `${flag}: ${place} takes ${formatBytes(bytes.length)} packed; the most is ${formatBytes(uploadLimitBytes)}. ${[...leftOut].join(", ")} are left out already.`,
    );
  }
  return bytes;
}

async function packFolder(folder: string): Promise<Buffer> {
  const packed = create(
    {
      gzip: true,
      // The same folder gives the same bytes.
      portable: true,
      noMtime: true,
      cwd: folder,
      filter: (entry) => !entry.split(/[\\/]/).some((part) => leftOut.has(part)),
    },
    ["."],
  );
  const chunks: Buffer[] = [];
  for await (const chunk of packed) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
