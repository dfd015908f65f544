import type { Command } from "commander";
import { RoostError } from "../errors.ts";
import { readFlagFile, readProgramConfig } from "./program-config.ts";
import type { Session } from "./session.ts";

export interface GraphFlags {
  config?: string;
  graph?: string;
  stack: string;
}

/** The argument and flags of a command that reads a graph: of a program that comes with Roost, or a stored one. */
export function withGraph(command: Command): Command {
  return command
    .argument("[program]", "program that comes with Roost, such as web-service")
    .option("--config <file>", "Pulumi stack file with the program's configuration, such as Pulumi.dev.yaml")
    .option("--graph <file>", "a roost-graph/1 document instead of a program; - for standard input")
    .option("--stack <name>", "name of the stack", "dev");
}

/** Records the program, or reads the stored graph. @throws invalid when it is neither or both */
export async function readGraphSource(session: Session, program: string | undefined, flags: GraphFlags) {
  if ((program === undefined) === (flags.graph === undefined)) {
    throw new RoostError("invalid", "Name either a program or --graph <file>.");
  }
  const { parseGraph, recordProgram } = await import("../engine/graph.ts");
  if (program !== undefined) {
    const { values, secretKeys } = await readProgramConfig(program, flags.config);
    return recordProgram({ program, values, secretKeys, stack: flags.stack });
  }
  if (flags.config !== undefined)
    throw new RoostError("invalid", "--config is for a program, not for --graph.");
  return parseGraph(await readGraphText(session, flags.graph!));
}

async function readGraphText(session: Session, file: string): Promise<string> {
  if (file !== "-") return readFlagFile("--graph", file);
  let text = "";
  for await (const piece of session.context.stdin) text += piece;
  return text;
}
