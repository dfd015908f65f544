import { prettifyError, ZodError } from "zod";
import {
  costOfChange,
  type Estimate,
  estimate,
  examplePrices,
  type PriceTable,
  type RecordedGraph,
  readPrices,
} from "../../policies/index.ts";
import { messageOf, RoostError } from "../errors.ts";
import type { ForcedPolicies } from "../projects/contract.ts";
import { type CostChange, shownItems } from "./contract.ts";

/** What the estimate is made from: states, of which the state backend knows the graphs. For services, which authorize. */
export interface StackGraphs {
  /** Of a version, or of the newest. undefined: it is not kept any more, or was never there. */
  graphOf(stackId: string, version?: number): Promise<RecordedGraph | undefined>;
}

/**
 * Reads a price table.
 * @param text default: the example that comes with Roost
 * @param from what named it, for the message
 * @throws invalid when it is none
 */
export function pricesOf(text: string | undefined, from: string): PriceTable {
  if (text === undefined) return examplePrices();
  try {
    return readPrices(text);
  } catch (cause) {
    const reason = cause instanceof ZodError ? prettifyError(cause) : messageOf(cause);
    throw new RoostError("invalid", `${from}: ${reason}`, { cause });
  }
}

const nothing: RecordedGraph = { resources: [] };

/** What stacks cost in a month before any use, by the price table of this server. */
export class Costs {
  readonly #graphs: StackGraphs;
  readonly #prices: PriceTable;

  constructor(graphs: StackGraphs, prices: PriceTable) {
    this.#graphs = graphs;
    this.#prices = prices;
  }

  /**
   * What is set for policies with what a budget in it is kept by: the prices of this server unless it names others,
   * and what the stack costs as it is where there is a limit for changes.
   * @throws invalid when its own prices are no price table
   */
  async budgeted<T extends Pick<ForcedPolicies, "settings">>(stackId: string, forced: T): Promise<T> {
    const budget = forced.settings["cost-budget"];
    if (typeof budget !== "object") return forced;
    const kept: typeof budget = { prices: this.#prices, ...budget };
    if (budget.increase !== undefined) {
      const prices = pricesOf(JSON.stringify(kept.prices), "The prices of the policy cost-budget");
      kept.before ??= estimate((await this.#graphs.graphOf(stackId)) ?? nothing, prices).monthly;
    }
    return { ...forced, settings: { ...forced.settings, "cost-budget": kept } };
  }

  /** What a previewed change would cost. @param after estimate of what the preview has seen */
  async ofPreview(stackId: string, after: Estimate): Promise<CostChange> {
    const before = (await this.#graphs.graphOf(stackId)) ?? nothing;
    return shown(costOfChange(estimate(before, this.#prices), after));
  }

  /** What the update that published a version has changed; null when its states are not kept any more. */
  async ofVersion(stackId: string, version: number): Promise<CostChange | null> {
    const after = await this.#graphs.graphOf(stackId, version);
    const before = version > 1 ? await this.#graphs.graphOf(stackId, version - 1) : nothing;
    if (!after || !before) return null;
    return shown(costOfChange(estimate(before, this.#prices), estimate(after, this.#prices)));
  }
}

function shown({ items, unknown, ...sums }: CostChange): CostChange {
  return { ...sums, items: items.slice(0, shownItems), unknown: unknown.slice(0, shownItems) };
}
