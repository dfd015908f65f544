import { open } from "node:fs/promises";
import path from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { RoostError } from "../errors.ts";

/** What Roost needs of Pulumi.yaml; the engine reads the rest. */
const manifestSchema = z.looseObject({
  name: z.string().optional(),
  runtime: z.union([z.string(), z.looseObject({ name: z.string() })]),
  main: z.string().optional(),
});

const manifestBytes = 64 * 1024;

export interface Manifest {
  name?: string;
  main?: string;
  runtime: "nodejs";
}

/**
 * Reads the text of a Pulumi.yaml.
 * @throws invalid when it is damaged or its runtime is another than nodejs.
 */
export function parseManifest(text: string): Manifest {
  let content: unknown;
  try {
    content = parse(text, { maxAliasCount: 10, logLevel: "error" });
  } catch (cause) {
    throw refused("Pulumi.yaml", "is no sound YAML", cause);
  }
  const parsed = manifestSchema.safeParse(content);
  if (!parsed.success)
    throw refused("Pulumi.yaml", `has no valid ${parsed.error.issues[0]?.path.join(".") || "content"}`);
  const { name, main, runtime } = parsed.data;
  const language = typeof runtime === "string" ? runtime : runtime.name;
  if (language !== "nodejs") {
    throw refused("Pulumi.yaml", `has the runtime ${language}; programs of users can have nodejs only`);
  }
  return { name, main, runtime: language };
}

/** Reads Pulumi.yaml (or .yml) of a program's folder. */
export async function readManifest(folder: string): Promise<Manifest> {
  for (const name of ["Pulumi.yaml", "Pulumi.yml"]) {
    const text = await readSmall(path.join(folder, name));
    if (text !== undefined) return parseManifest(text);
  }
  throw refused("program", "has no Pulumi.yaml in its folder");
}

async function readSmall(file: string): Promise<string | undefined> {
  const handle = await open(file, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
  if (!handle) return undefined;
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(manifestBytes + 1), 0, manifestBytes + 1, 0);
    if (bytesRead > manifestBytes) throw refused("Pulumi.yaml", `is larger than ${manifestBytes} bytes`);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await handle.close();
  }
}

function refused(subject: string, why: string, cause?: unknown): RoostError {
  const message = `${subject} ${why}`;
  return new RoostError("invalid", `The program is refused: ${message}.`, {
    faults: [{ field: "program", message }],
    cause,
  });
}
