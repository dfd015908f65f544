import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Graph, readGraph } from "../../components/testing/index.ts";
import { checkSettings, rules } from "../../policies/index.ts";
import { ROOT } from "../../toolchain/found.mjs";

const kept = (pattern: string): [name: string, graph: Graph][] =>
  globSync(pattern, { cwd: ROOT })
    .sort()
    .map((path) => [
      path.replace(/^test\/|fixtures\/|\.json$/g, ""),
      readGraph(readFileSync(join(ROOT, path), "utf8")),
    ]);

/** What our stacks ask to be excepted from, as `roost policy check --settings` takes it, on a day when it holds. */
export const accepted = {
  settings: checkSettings(rules, JSON.parse(readFileSync(join(ROOT, "stacks/policies.json"), "utf8"))),
  now: new Date("2026-12-01"),
};

/** The graphs of all examples of our stacks; test/stacks shows that they are what the programs make. */
export const stackGraphs = kept("test/stacks/fixtures/*.json");

/** The graphs of the components' examples; test/components shows that they are what these make. */
export const componentGraphs = kept("test/components/*/fixtures/*.json");
