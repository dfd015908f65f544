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
  increase: z
    .number()
    .nonnegative()
    .optional()
    .describe("Most that one change may add to that, the first one too; absent: anything."),
  before: z
    .number()
    .nonnegative()
    .optional()
    .describe("What the stack costs as it is, by the same prices. Absent: the server's estimate."),
  allowUnknown: z.boolean().default(false).describe("true: what the price table does not know may be had."),
  prices: prices.optional().describe("A price table roost-prices/1. Absent: the server's, or the example."),
});

export const budget = stackRule({
  id: "cost-budget",
  title: "A stack costs no more in a month, before any use, than it may, and no change adds more than it may",
  severity: "medium",
  level: "mandatory",
  frameworks: ["own"],
  remediation:
    "Take smaller or fewer resources, or have the budget raised; `roost cost` shows what costs what.",
  kinds: ["*"],
  config,
  check({ urn }, { found, stack, config }) {
    const { monthly, increase, before, allowUnknown, prices: table = examplePrices() } = config;
    if (monthly === undefined && increase === undefined) return;
    const cost = estimateOf(stack, table);
    const dearest = cost.items[0];
    const faults = excesses(cost, config);
    if (dearest && dearest.urn === urn) {
      const [all, part] = [cost.monthly, dearest.monthly].map((sum) => `${sum.toFixed(2)} ${cost.currency}`);
      for (const fault of faults) found(`costs ${part}, the most of a stack of ${all} a month, ${fault}`);
      if (increase !== undefined && before === undefined) {
        throw new Undecidable("the cost before", "is not known: nobody said what the stack costs as it is");
      }
    }
    const open = cost.unknown.find((each) => each.urn === urn);
    if (faults.length === 0 && open && !allowUnknown) {
      throw new Undecidable("the cost", `is not known (${open.reason})`);
    }
  },
});

/** What is too much of a cost. */
function excesses({ monthly: cost, currency }: Estimate, limits: z.output<typeof config>): string[] {
  const { monthly = Number.POSITIVE_INFINITY, increase = Number.POSITIVE_INFINITY, before = cost } = limits;
  // In whole cents: sums of the same parts in another order differ behind the comma.
  const more = Math.round((cost - before) * 100) / 100;
  return [
    ...(cost > monthly ? [`which may cost ${monthly}`] : []),
    ...(more > increase
      ? [`${more.toFixed(2)} ${currency} more than before, of which a change may add ${increase}`]
      : []),
  ];
}

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
