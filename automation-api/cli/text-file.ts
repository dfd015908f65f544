import { readFile, rename, writeFile } from "node:fs/promises";
import { parse } from "yaml";
import { RoostError } from "../errors.ts";

/** @throws invalid for a file that cannot be read, or is not there. */
export const readInput = (file: string) => readFile(file, "utf8").catch(unreadable(file));

/** @returns undefined where there is no such file. @throws invalid for one that cannot be read. */
export function readIfThere(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) =>
    error.code === "ENOENT" ? undefined : unreadable(file)(error),
  );
}

/** Tells a person which file or folder it was. */
export function unreadable(file: string) {
  return (cause: NodeJS.ErrnoException): never => {
    throw new RoostError("invalid", `${file} cannot be read (${cause.code}).`, { cause });
  };
}

/** @param what it is, for the error. @throws invalid for what is no YAML. */
export function parseYaml(what: string, text: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    throw new RoostError("invalid", `${what} is no sound YAML.`, { cause });
  }
}

/** Whoever reads the file sees all of it or what was there before. @param mode of a file that is new. */
export async function writeWhole(target: string, text: string, mode = 0o666): Promise<void> {
  const temporary = `${target}.new-${process.pid}`;
  await writeFile(temporary, text, { mode });
  await rename(temporary, target);
}
