import { mkdir, realpath } from "node:fs/promises";
import path from "node:path";
import { invalid } from "../errors.ts";
import { unpackArchive } from "./archive.ts";
import type { ProgramSource } from "./contract.ts";
import { installDependencies } from "./dependencies.ts";
import { copyFolder } from "./folder.ts";
import { checkTree, isBelow } from "./links.ts";
import { type Manifest, readManifest } from "./manifest.ts";

export interface UnpackOptions {
  signal?: AbortSignal;
  /** Lines for the deployment's log. */
  log?: (line: string) => void;
}

export interface UnpackedProgram {
  /** Where the engine runs: the program's folder, or an empty one for a built-in program. */
  folder: string;
  /** Of a user's program. */
  manifest?: Manifest;
}

/**
 * Puts a program below `into`, a private and empty folder, ready to run. Runs
 * in the runner, with the rights of what the user supplies.
 * @throws invalid when the program must not be run, unprocessable when its packages cannot be installed.
 */
export async function unpackProgram(
  source: ProgramSource,
  into: string,
  options: UnpackOptions = {},
): Promise<UnpackedProgram> {
  const folder = path.join(into, "program");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (source.kind === "builtin") return { folder };
  const program = await placeSource(source, folder, options.signal);
  const manifest = await readManifest(program);
  await installDependencies(program, { ...options, home: path.join(into, "npm") });
  return { folder: program, manifest };
}

/**
 * Copies or unpacks what a user supplies, after looking through all of it.
 * @returns the folder that was asked for.
 */
export async function placeSource(
  source: Exclude<ProgramSource, { kind: "builtin" }>,
  folder: string,
  signal?: AbortSignal,
): Promise<string> {
  if (source.kind === "folder") {
    await copyFolder(source.path, folder, signal);
    return folder;
  }
  await unpackArchive(source.file, folder, { signal });
  await checkTree(folder, { signal });
  const root = await realpath(folder);
  const program = await realpath(path.join(root, source.path)).catch(() => undefined);
  if (program === undefined || !isBelow(program, root)) {
    throw invalid("program.path", "is not a folder of the program", { given: source.path });
  }
  return program;
}
