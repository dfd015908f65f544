import { readFile } from "node:fs/promises";
import { RoostError } from "../errors.ts";
import { readStackFile, type StackFile } from "./stack-file.ts";

/** What a flag's file holds. @throws invalid naming the flag when it cannot be read */
export async function readFlagFile(flag: string, file: string): Promise<string> {
  return readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new RoostError("invalid", `${flag}: ${file} cannot be read (${cause.code}).`, { cause });
  });
}

/**
 * The configuration of a program that comes with Roost, from the Pulumi stack file of a flag; none without a file.
 * @throws invalid naming the flag when it cannot be read or is for another program
 */
export async function readProgramConfig(
  program: string,
  file: string | undefined,
  flag = "--config",
): Promise<StackFile> {
  if (file === undefined) return { values: {}, secretKeys: [] };
  const read = readStackFile(await readFlagFile(flag, file));
  if (read.program !== undefined && read.program !== program) {
    throw new RoostError("invalid", `${flag}: ${file} is for the program ${read.program}, not ${program}.`);
  }
  return read;
}
