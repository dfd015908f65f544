import type { Command } from "commander";
import { RoostError } from "../errors.ts";
import { stackGraph } from "../projects/contract.ts";
import { readFlagFile, readProgramConfig } from "./program-config.ts";
import { type ClientFlags, openClient, type Session, withServer } from "./session.ts";
import { parseTarget, stackPath } from "./target.ts";

export interface GraphFlags extends ClientFlags {
  config?: string;
  graph?: string;
  deployed?: string;
  stack: string;
}

/** The argument and flags of a command that reads a graph: of a program, a stored one, or of a stack of a server. */
export function withGraph(command: Command): Command {
  return withServer(command)
    .argument("[program]", "program that comes with Roost, such as web-service")
    .option("--config <file>", "Pulumi stack file with the program's configuration, such as Pulumi.dev.yaml")
    .option("--graph <file>", "a roost-graph/1 document instead of a program; - for standard input")
    .option("--deployed <project/stack>", "a stack of the server instead, as its newest state is")
    .option("--stack <name>", "name of the stack of a program", "dev");
}

/** Records the program, reads the stored graph, or asks the server. @throws invalid unless it is one of them */
export async function readGraphSource(session: Session, program: string | undefined, flags: GraphFlags) {
  const given = [program, flags.graph, flags.deployed].filter((each) => each !== undefined);
  if (given.length !== 1) {
    throw new RoostError("invalid", "Name one of a program, --graph <file> and --deployed <project/stack>.");
  }
  const { parseGraph, recordProgram } = await import("../engine/graph.ts");
  if (program !== undefined) {
    const { values, secretKeys } = await readProgramConfig(program, flags.config);
    return recordProgram({ program, values, secretKeys, stack: flags.stack });
  }
  if (flags.config !== undefined)
    throw new RoostError("invalid", "--config is for a program, and for nothing else.");
  return parseGraph(
    flags.graph === undefined
      ? await readDeployed(session, flags.deployed as string, flags)
      : await readGraphText(session, flags.graph),
  );
}

async function readDeployed(session: Session, target: string, flags: ClientFlags): Promise<string> {
  const client = await openClient(session, flags);
  const path = `${stackPath(parseTarget(target))}/graph`;
  return JSON.stringify(await client.send({ path, reply: stackGraph }));
}

async function readGraphText(session: Session, file: string): Promise<string> {
  if (file !== "-") return readFlagFile("--graph", file);
  let text = "";
  for await (const piece of session.context.stdin) text += piece;
  return text;
}
