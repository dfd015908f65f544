import { type GraphFormat, graphFormats, readGraph, recordBuiltin } from "../../stacks/graph.ts";
import { type ConfigFault, describeFaults } from "../../stacks/index.ts";
import { RoostError } from "../errors.ts";

export interface ProgramRequest {
  /** Name of a program that comes with Roost. */
  program: string;
  /** Configuration by key without namespace. */
  values: Record<string, unknown>;
  /** Keys of `values` that are kept as secrets. */
  secretKeys: string[];
  stack: string;
}

/**
 * The resources of a builtin program, recorded without an engine or an account.
 * @throws invalid with all faults of the configuration
 */
export async function recordProgram({ program, values, secretKeys, stack }: ProgramRequest) {
  const recorded = await recordBuiltin(program, values, { secretKeys, stack });
  if ("graph" in recorded) return recorded.graph;
  throw configError(program, recorded.faults);
}

/** All that is wrong with a program's configuration as one error. */
export function configError(program: string, faults: ConfigFault[]): RoostError {
  return new RoostError("invalid", describeFaults(program, faults), {
    faults: faults.map(({ field, reason }) => ({ field, message: reason })),
  });
}

/** A graph that was stored. @throws invalid when the text is none */
export function parseGraph(text: string) {
  try {
    return readGraph(text);
  } catch (cause) {
    throw new RoostError("invalid", cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** The resources of a builtin program as text. */
export async function renderProgram({ format, ...request }: ProgramRequest & { format: GraphFormat }) {
  return graphFormats[format](await recordProgram(request));
}
