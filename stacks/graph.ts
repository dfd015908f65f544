import { drawGraph, type Graph, readGraph, record, writeGraph } from "../components/testing/index.ts";
import { type Builtins, builtins, type ConfigFault, checkConfig } from "./index.ts";

/**
 * The resource graph of a builtin, recorded without an engine, a server or an account. Its project is the
 * program's name.
 *
 * @param values as of `checkConfig`
 * @throws Error when the program asks the cloud something, which no preview may need
 */
export async function recordBuiltin(
  name: string,
  values: Record<string, unknown>,
  { secretKeys = [], stack, preview, known = builtins }: RecordBuiltinSettings = {},
): Promise<{ graph: Graph } | { faults: ConfigFault[] }> {
  const checked = checkConfig(name, values, secretKeys, known);
  if ("faults" in checked) return checked;
  const program = await known[name]!.load();
  return { graph: await record(() => program(checked.config as never), { project: name, stack, preview }) };
}

export interface RecordBuiltinSettings {
  /** Keys that are kept as secrets. Default none. */
  secretKeys?: Iterable<string>;
  /** Default "dev". */
  stack?: string;
  /** As a preview of a first deployment sees it. Default false. */
  preview?: boolean;
  /** Default: the programs that come with Roost. */
  known?: Builtins;
}

/** What a simulated cloud answers where our components look into an output. */
export { structuredOutputs } from "../components/testing/index.ts";
export { readGraph };

/** The texts that a graph can be shown as. */
export const graphFormats = { json: writeGraph, mermaid: drawGraph };
export type GraphFormat = keyof typeof graphFormats;
