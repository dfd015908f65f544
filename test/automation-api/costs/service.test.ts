import { describe, expect, it } from "@jest/globals";
import { Costs, pricesOf } from "../../../automation-api/costs/service.ts";
import { estimate, type RecordedGraph } from "../../../policies/index.ts";
import { given, graphOf } from "../../../policies/testing/index.ts";

const type = "shop:index:Machine";
const prices = pricesOf(
  JSON.stringify({
    ...{ format: "roost-prices/1", name: "a contract", currency: "EUR" },
    prices: [{ type, item: "months", monthly: 2, times: [{ input: "count" }] }],
  }),
  "a test",
);
const machines = (...counts: number[]): RecordedGraph =>
  graphOf(counts.map((count, index) => given(type, `m${index}`, { count })));

const versions: (RecordedGraph | undefined)[] = [
  undefined,
  machines(1),
  machines(1, 4),
  undefined,
  machines(2),
];
const costs = new Costs(
  { graphOf: async (stackId, version = 2) => (stackId === "new" ? undefined : versions[version]) },
  prices,
);

describe("Costs", () => {
  it("tells of a preview what it would change of the newest state", async () => {
    expect(await costs.ofPreview("stack", estimate(machines(1, 9), prices))).toMatchObject({
      ...{ currency: "EUR", prices: "a contract", before: 10, after: 20, unknown: [] },
      items: [{ name: "m1", before: 8, after: 18 }],
    });
    expect(await costs.ofPreview("new", estimate(machines(1), prices))).toMatchObject({
      before: 0,
      after: 2,
    });
  });

  it("tells of an update what it has changed, while both states are kept", async () => {
    expect(await costs.ofVersion("stack", 1)).toMatchObject({ before: 0, after: 2 });
    expect(await costs.ofVersion("stack", 2)).toMatchObject({ before: 2, after: 10 });
    expect(await costs.ofVersion("stack", 3)).toBeNull();
    expect(await costs.ofVersion("stack", 4)).toBeNull();
  });

  it("tells a budget its prices, and what a limit of changes begins at", async () => {
    const forced = (budget: Record<string, unknown>) => ({
      level: null,
      settings: { "cost-budget": budget },
    });
    const budget = async (given: Record<string, unknown>, stackId = "stack") =>
      (await costs.budgeted(stackId, forced(given))).settings["cost-budget"];
    expect(await budget({ monthly: 5 })).toEqual({ monthly: 5, prices });
    expect(await budget({ increase: 5 })).toEqual({ increase: 5, prices, before: 10 });
    expect(await budget({ increase: 5 }, "new")).toEqual({ increase: 5, prices, before: 0 });
    const own = { ...prices, prices: [{ type, item: "months", monthly: 7 }] };
    expect(await budget({ increase: 5, prices: own })).toEqual({ increase: 5, prices: own, before: 14 });
    const none = { settings: { "cost-idle": "disabled" as const } };
    expect(await costs.budgeted("stack", none)).toBe(none);
    await expect(budget({ increase: 5, prices: {} })).rejects.toThrow("The prices of the policy cost-budget");
  });

  it("names a hundred at most", async () => {
    const many = graphOf(Array.from({ length: 150 }, (_, index) => given(type, `n${index}`, { count: 1 })));
    const { items, after } = await costs.ofPreview("new", estimate(many, prices));
    expect([items.length, after]).toEqual([100, 300]);
  });

  it.each([
    ["{", "ROOST_PRICES: "],
    ['{"format": "roost-prices/2"}', "ROOST_PRICES: "],
  ])("refuses the table %s and says where it comes from", (text, message) => {
    expect(() => pricesOf(text, "ROOST_PRICES")).toThrow(message);
  });
});
