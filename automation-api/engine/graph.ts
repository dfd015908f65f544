import { type GraphFormat, graphFormats, recordBuiltin } from "../../stacks/graph.ts";
import { type ConfigFault, describeFaults } from "../../stacks/index.ts";
import { RoostError } from "../errors.ts";

export interface GraphRequest {
  /** Name of a program that comes with Roost. */
  program: string;
  /** Configuration by key without namespace. */
  values: Record<string, unknown>;
  /** Keys of `values` that are kept as secrets. */
  secretKeys: string[];
  stack: string;
  format: GraphFormat;
}

/**
 * The resources of a builtin program as text, recorded without an engine or an account.
 * @throws invalid with all faults of the configuration
 */
export async function renderProgram({ program, values, secretKeys, stack, format }: GraphRequest) {
  const recorded = await recordBuiltin(program, values, { secretKeys, stack });
  if ("graph" in recorded) return graphFormats[format](recorded.graph);
  throw configError(program, recorded.faults);
}

/** All that is wrong with a program's configuration as one error. */
export function configError(program: string, faults: ConfigFault[]): RoostError {
  return new RoostError("invalid", describeFaults(program, faults), {
    faults: faults.map(({ field, reason }) => ({ field, message: reason })),
  });
}
