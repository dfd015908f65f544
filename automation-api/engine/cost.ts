import { prettifyError, ZodError } from "zod";
import { type CostChange, costOfChange, type Estimate, estimate } from "../../stacks/cost/estimate.ts";
import { examplePrices, readPrices } from "../../stacks/cost/prices.ts";
import type { readGraph } from "../../stacks/graph.ts";
import { messageOf, RoostError } from "../errors.ts";

export type { CostChange, Estimate };

type Graph = ReturnType<typeof readGraph>;

/** What a graph costs in a month. @param prices text of a price table; default the example that comes with Roost */
export function estimateGraph(graph: Graph, prices?: string): Estimate {
  return estimate(graph, tableOf(prices));
}

/** What going from one graph to another costs. */
export function estimateChange(before: Graph, after: Graph, prices?: string): CostChange {
  return costOfChange(before, after, tableOf(prices));
}

function tableOf(text: string | undefined) {
  if (text === undefined) return examplePrices();
  try {
    return readPrices(text);
  } catch (cause) {
    const reason = cause instanceof ZodError ? prettifyError(cause) : messageOf(cause);
    throw new RoostError("invalid", `--prices: ${reason}`, { cause });
  }
}
