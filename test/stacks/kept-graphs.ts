import { globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { GRAPH_FORMAT, type Graph, readGraph } from "../../components/testing/index.ts";
import { ROOT } from "../../toolchain/found.mjs";

/** Every graph of an example of our stacks, as `examples.test.ts` keeps it, by its file's name. */
export function keptGraphs(): [string, Graph][] {
  const folder = join(ROOT, "test/stacks/fixtures");
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => [file.replace(/\.json$/, ""), readGraph(readFileSync(join(folder, file), "utf8"))]);
}

/** Every graph that the tests of a component keep, by its file's path. */
export function keptComponentGraphs(): [string, Graph][] {
  return globSync("test/components/**/fixtures/**/*.json", { cwd: ROOT })
    .sort()
    .map((file) => [file, readFileSync(join(ROOT, file), "utf8")] as const)
    .filter(([, text]) => text.includes(`"${GRAPH_FORMAT}"`))
    .map(([file, text]) => [file, readGraph(text)]);
}
