import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readStackFile } from "../../automation-api/cli/stack-file.ts";
import type { Graph } from "../../components/testing/index.ts";
import { recordBuiltin } from "../../stacks/graph.ts";
import { builtins } from "../../stacks/index.ts";
import { ROOT } from "../../toolchain/found.mjs";

/** One needs no file to be tried, the others are configured by the server alone. */
const withoutExamples = ["hello", "session-shard", "host"];

/** The programs that come with Roost and with examples. */
export const programs = Object.keys(builtins).filter((name) => !withoutExamples.includes(name));

/** Text of an example of a stack, such as `stacks/web-service/examples/dev.yaml`. */
export function exampleText(program: string, example: string): string {
  return readFileSync(join(ROOT, "stacks", program, "examples", `${example}.yaml`), "utf8");
}

/** Names of a stack's examples. */
export function examplesOf(program: string): string[] {
  return readdirSync(join(ROOT, "stacks", program, "examples")).map((file) => file.replace(/\.yaml$/, ""));
}

/** The graph of an example, with some of its configuration replaced. */
export async function exampleGraph(
  program: string,
  example: string,
  changes: Record<string, unknown> = {},
  settings: { preview?: boolean } = {},
): Promise<Graph> {
  const { values, secretKeys } = readStackFile(exampleText(program, example));
  const recorded = await recordBuiltin(
    program,
    { ...values, ...changes },
    { secretKeys, stack: example, ...settings },
  );
  if ("faults" in recorded) throw new Error(JSON.stringify(recorded.faults));
  return recorded.graph;
}
