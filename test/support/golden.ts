import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { expect } from "@jest/globals";
import { type Graph, readGraph, writeGraph } from "../../components/testing/index.ts";
import { ROOT } from "../../toolchain/found.mjs";

/**
 * Compares a graph with the one that is kept in the repository, so that every change of what a component
 * makes is seen in review. `UPDATE_GRAPHS=1 npm test -- components` writes the kept ones anew.
 *
 * @param path of the kept graph, from the root of the clone.
 */
export function expectGolden(graph: Graph, path: string): void {
  const file = join(ROOT, path);
  if (process.env.UPDATE_GRAPHS === "1") {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, writeGraph(graph));
  }
  if (!existsSync(file)) throw new Error(`${path} is not there; write it with UPDATE_GRAPHS=1`);
  expect(graph).toEqual(readGraph(readFileSync(file, "utf8")));
}
