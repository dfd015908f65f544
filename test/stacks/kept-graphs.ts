import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Graph, readGraph } from "../../components/testing/index.ts";
import { ROOT } from "../../toolchain/found.mjs";

/** Every graph of an example of our stacks, as `examples.test.ts` keeps it, by its file's name. */
export function keptGraphs(): [string, Graph][] {
  const folder = join(ROOT, "test/stacks/fixtures");
  return readdirSync(folder)
    .sort()
    .map((file) => [file.replace(/\.json$/, ""), readGraph(readFileSync(join(folder, file), "utf8"))]);
}
