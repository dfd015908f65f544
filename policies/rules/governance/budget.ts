import { z } from "zod";
import { type Estimate, estimate } from "../../cost/estimate.ts";
import { examplePrices, type PriceTable, prices } from "../../cost/prices.ts";
import { Undecidable, unguard } from "../../known.ts";
import { stackRule } from "../../rule.ts";
import type { Stack } from "../../stack.ts";

const config = z.object({
  monthly: z
    .number()
    .nonnegative()
    .optional()
    .describe("Most that a stack may cost in a month; absent: anything."),
  allowUnknown: z.boolean().default(false).describe("true: what the price table does not know may be had."),
  prices: prices.optional().describe("A price table roost-prices/1. Absent: the server's, or the example."),
});

export const budget = stackRule({
  id: "cost-budget",
  title: "A stack costs no more in a month, before any use, than it may",
  severity: "medium",
  level: "mandatory",
  frameworks: ["own"],
  remediation:
    "Take smaller or fewer resources, or have the budget raised; `roost cost` shows what costs what.",
  kinds: ["*"],
  config,
  check({ urn }, { found, stack, config: { monthly, allowUnknown, prices: table = examplePrices() } }) {
    if (monthly === undefined) return;
    const cost = estimateOf(stack, table);
    const dearest = cost.items[0];
    if (cost.monthly > monthly) {
      if (dearest?.urn !== urn) return;
      const [all, part] = [cost.monthly, dearest.monthly].map((sum) => `${sum.toFixed(2)} ${cost.currency}`);
      found(`costs ${part}, the most of a stack of ${all} a month, which may cost ${monthly}`);
      return;
    }
    const open = cost.unknown.find((each) => each.urn === urn);
    if (open && !allowUnknown) throw new Undecidable("the cost", `is not known (${open.reason})`);
  },
});

/** The rule is asked about each resource, and they all have one estimate. */
const estimates = new WeakMap<Stack, { table: PriceTable; cost: Estimate }>();

function estimateOf(stack: Stack, table: PriceTable): Estimate {
  const known = estimates.get(stack);
  if (known?.table === table) return known.cost;
  const resources = stack.resources.map(({ props, ...each }) => ({ ...each, inputs: unguard(props) }));
  const cost = estimate({ resources }, table);
  estimates.set(stack, { table, cost });
  return cost;
}
