import { parse, YAMLParseError } from "yaml";
import { z } from "zod";
import type { Settings } from "../../policies/index.ts";
import { messageOf, RoostError } from "../errors.ts";
import { readFlagFile } from "./program-config.ts";

/** Levels, settings and exceptions of policies from a file, YAML or JSON. @throws invalid naming what is wrong */
export async function readSettings(file: string | undefined, schema: z.ZodType<Settings>): Promise<Settings> {
  if (file === undefined) return {};
  const text = await readFlagFile("--settings", file);
  const parsed = schema.safeParse(refuse(YAMLParseError, () => parse(text)));
  if (parsed.success) return parsed.data;
  throw new RoostError("invalid", `--settings: ${file}: ${z.prettifyError(parsed.error)}`);
}

/** What the caller wrote wrongly is a usage error; whatever else is thrown is not. */
export function refuse<T>(fault: new (...given: never[]) => Error, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof fault)) throw cause;
    throw new RoostError("invalid", messageOf(cause), { cause });
  }
}
