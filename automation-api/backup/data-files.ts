import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { KeptFile } from "./contract.ts";

/** Where a server that was given no master key keeps its own. */
export const masterKeyFile = "master.key";

/** Folder of the data folder with the signing key and the signed heads of the audit trail. */
export const auditFolder = "audit";

/** Everything of the data folder, beside the master key, without which the database is worth less. */
export async function readKeptFiles(dataFolder: string): Promise<KeptFile[]> {
  const found = await readdir(path.join(dataFolder, auditFolder), {
    recursive: true,
    withFileTypes: true,
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const files = found
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  return Promise.all(
    files.sort().map(async (file) => ({
      path: path.relative(dataFolder, file).split(path.sep).join("/"),
      content: (await readFile(file)).toString("base64"),
    })),
  );
}

/** Content of a file, or undefined without it. */
export async function readIfThere(file: string): Promise<Buffer | undefined> {
  return readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}

/** Private files that are put in place and can be taken back, as long as what they belong to is not committed. */
export class FileChanges {
  readonly #folder: string;
  readonly #undo: (() => Promise<void>)[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Writes a 0600 file below the folder, whole or not at all. */
  async put(name: string, content: Buffer): Promise<string> {
    const file = path.join(this.#folder, name);
    const before = await readIfThere(file);
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    this.#undo.push(() => (before ? replace(file, before) : rm(file, { force: true })));
    await replace(file, content);
    return file;
  }

  /** Moves a folder out of the way. @returns where it is now, or undefined when there is none. */
  async setAside(name: string, suffix: string): Promise<string | undefined> {
    const from = path.join(this.#folder, name);
    const to = `${from}.${suffix}`;
    const moved = await rename(from, to).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return false;
        throw error;
      },
    );
    if (!moved) return undefined;
    this.#undo.push(() => rename(to, from));
    return to;
  }

  async takeBack(): Promise<void> {
    for (const undo of this.#undo.splice(0).reverse()) await undo();
  }
}

async function replace(file: string, content: Buffer): Promise<void> {
  const part = `${file}.new`;
  await writeFile(part, content, { mode: 0o600, flush: true });
  await rename(part, file);
}
