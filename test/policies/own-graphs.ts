import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Graph, readGraph } from "../../components/testing/index.ts";
import { ROOT } from "../../toolchain/found.mjs";

const kept = (pattern: string): [name: string, graph: Graph][] =>
  globSync(pattern, { cwd: ROOT })
    .sort()
    .map((path) => [
      path.replace(/^test\/|fixtures\/|\.json$/g, ""),
      readGraph(readFileSync(join(ROOT, path), "utf8")),
    ]);

/** The graphs of all examples of our stacks; test/stacks shows that they are what the programs make. */
export const stackGraphs = kept("test/stacks/fixtures/*.json");

/** The graphs of the components' examples; test/components shows that they are what these make. */
export const componentGraphs = kept("test/components/*/fixtures/*.json");
