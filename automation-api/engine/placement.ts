import { realpath } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { baseEnvironment, launch } from "../../plugins/process/index.ts";
import { RoostError } from "../errors.ts";
import type { PackSource, ProgramSource } from "../programs/contract.ts";
import { isBelow } from "../programs/links.ts";
import { type UnpackedPack, unpackPack } from "../programs/pack.ts";
import { type UnpackedProgram, type UnpackOptions, unpackProgram } from "../programs/unpack.ts";
import { rewriteProjectFile } from "./project-file.ts";

const unpacker = fileURLToPath(new URL("./unpacker.ts", import.meta.url));
const outputBytes = 64 * 1024;

export interface PlaceOptions extends UnpackOptions {
  /** Name of the project that it is deployed to. */
  project: string;
}

/** What an unpacker is told on its standard input. */
export type UnpackOrder =
  | { what: "program"; source: ProgramSource; into: string }
  | { what: "pack"; source: PackSource; into: string };

/** A line of an unpacker's standard output. */
export type UnpackLine = { log: string } | { place: UnpackedProgram | UnpackedPack } | { error: string };

/**
 * Puts a program below `into`. Where what a user supplies has a user of its
 * own, that user unpacks it: the one who holds the access token never parses a foreign archive.
 */
export async function placeProgram(
  source: ProgramSource,
  into: string,
  options: PlaceOptions,
): Promise<UnpackedProgram> {
  if (source.kind === "builtin") return unpackProgram(source, into, options);
  const place = process.env.ROOST_LAUNCHER
    ? ((await unpackApart({ what: "program", source, into }, options)) as UnpackedProgram)
    : await unpackProgram(source, into, options);
  await rewriteProjectFile(place.folder, options.project);
  return place;
}

/** Puts a policy pack below `into`, by the user that packs have, where there is such a one. */
export async function placePack(
  source: PackSource,
  into: string,
  options: UnpackOptions,
): Promise<UnpackedPack> {
  if (!process.env.ROOST_LAUNCHER) return unpackPack(source, into, options);
  return (await unpackApart({ what: "pack", source, into }, options)) as UnpackedPack;
}

async function unpackApart(
  order: UnpackOrder,
  options: UnpackOptions,
): Promise<UnpackedProgram | UnpackedPack> {
  const { npm_config_registry, npm_config_userconfig } = process.env;
  const child = launch(
    {
      command: [process.execPath, "--disable-warning=ExperimentalWarning", unpacker],
      // Of a pack it is yet to be made.
      cwd: order.what === "pack" ? path.dirname(order.into) : order.into,
      env: baseEnvironment({ npm_config_registry, npm_config_userconfig }),
      stdin: JSON.stringify(order),
      role: order.what === "pack" ? "policy" : "program",
    },
    options.signal,
  );
  let place: UnpackedProgram | UnpackedPack | undefined;
  let fault: string | undefined;
  const lines = readLines(child.stdout, (text) => {
    const line = JSON.parse(text) as UnpackLine;
    if ("log" in line) options.log?.(line.log);
    else if ("place" in line) place = line.place;
    else fault = line.error;
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-outputBytes);
  });
  const { code, signal } = await child.exited;
  await lines;
  options.signal?.throwIfAborted();
  if (place && isBelow(path.resolve(place.folder), await realpath(order.into))) return place;
  throw new RoostError(
    "unprocessable",
    fault ?? `The ${order.what} could not be unpacked (${signal ?? `code ${code}`}).\n${said.trim()}`,
  );
}

async function readLines(stream: NodeJS.ReadableStream, onLine: (text: string) => void): Promise<void> {
  let rest = "";
  stream.setEncoding("utf8");
  for await (const chunk of stream) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  }
}
