import { describe, expect, it } from "@jest/globals";
import { costOfChange, estimate } from "../../../policies/cost/estimate.ts";
import {
  examplePrices,
  type Price,
  type PriceTable,
  prices,
  readPrices,
} from "../../../policies/cost/prices.ts";
import { graphOf, resource } from "../../stacks/export/graph.ts";
import { keptGraphs } from "../../stacks/kept-graphs.ts";

const MACHINE = "shop:index:Machine";

function table(...all: (Partial<Price> & { item: string })[]): PriceTable {
  const given = all.map((price) => ({ type: MACHINE, ...price }));
  return prices.parse({
    format: "roost-prices/1",
    name: "test",
    currency: "EUR",
    hoursInMonth: 100,
    prices: given,
    byUse: ["shop:index:Disk"],
    free: ["shop:free:*"],
  });
}

describe("the cost of a resource", () => {
  const plan = resource("shop:free:Plan", "plan", { kind: "big", cores: "512" });
  const machine = resource(
    MACHINE,
    "one",
    { kind: "small", count: 3, spare: true, disks: [1, 2] },
    { plan: [plan] },
  );
  const of = (price: Partial<Price>) => estimate(graphOf(plan, machine), table({ item: "hours", ...price }));

  it.each<[string, Partial<Price>, number]>([
    ["a rate an hour", { hourly: 0.5 }, 50],
    ["a rate a month", { monthly: 7 }, 7],
    ["a rate by an input", { monthly: { small: 2, big: 9 }, by: "kind" }, 2],
    ["a rate by an input of what it refers to", { monthly: { small: 2, big: 9 }, by: "plan->kind" }, 9],
    [
      "a rate by the first input that is given",
      { monthly: { small: 2, big: 9 }, by: ["other", "kind", "plan->kind"] },
      2,
    ],
    ["times a number", { monthly: 2, times: [{ input: "count", scale: 1 }] }, 6],
    ["times a length", { monthly: 2, times: [{ input: "disks.length", scale: 1 }] }, 4],
    ["times what is not given", { monthly: 2, times: [{ input: "other", otherwise: 5, scale: 1 }] }, 10],
    ["times a text in another unit", { monthly: 2, times: [{ input: "plan->cores", scale: 1 / 1024 }] }, 1],
    [
      "times several",
      {
        monthly: 2,
        times: [
          { input: "count", scale: 1 },
          { input: "disks.length", scale: 1 },
        ],
      },
      12,
    ],
    ["a condition that holds", { monthly: 2, when: [{ input: "spare", is: true }] }, 2],
    ["a condition that does not", { monthly: 2, when: [{ input: "spare", is: false }] }, 0],
    [
      "a condition on what is not given",
      { monthly: 2, when: [{ input: "other", is: "a", otherwise: "a" }] },
      2,
    ],
  ])("%s", (_, price, monthly) => {
    const { monthly: sum, unknown } = of(price);
    expect([sum, unknown]).toEqual([monthly, []]);
  });

  it.each<[string, Partial<Price>, string]>([
    ["a kind without a rate", { monthly: { big: 9 }, by: "kind" }, "hours: no price for kind small"],
    ["a kind that is not given", { monthly: { big: 9 }, by: "other" }, "hours: other is not given"],
    [
      "a number that is not given",
      { monthly: 2, times: [{ input: "other", scale: 1 }] },
      "hours: other is not given",
    ],
    ["a number that is none", { monthly: 2, times: [{ input: "kind", scale: 1 }] }, 'hours: kind is "small"'],
  ])("is not known for %s", (_, price, reason) => {
    expect(of(price).unknown).toEqual([{ urn: machine.urn, type: MACHINE, name: "one", reason }]);
  });

  it.each([
    ["which rate", { monthly: { small: 2 }, by: "kind" }, { kind: "[unknown]" }, "kind"],
    [
      "how many",
      { monthly: 2, times: [{ input: "count", scale: 1 }] },
      { count: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" },
      "count",
    ],
    [
      "how many of a list",
      { monthly: 2, times: [{ input: "disks.length", scale: 1 }] },
      { disks: "[unknown]" },
      "disks",
    ],
    ["whether at all", { monthly: 2, when: [{ input: "spare", is: true }] }, { spare: "[unknown]" }, "spare"],
  ])("is not known, and not nothing, while a preview does not know %s", (_, price, inputs, input) => {
    const { unknown } = estimate(
      graphOf(resource(MACHINE, "one", inputs)),
      table({ item: "hours", ...price }),
    );
    expect(unknown.map(({ reason }) => reason)).toEqual([`hours: ${input} is not known yet`]);
  });

  it("is not known for a type that the table does not have, nothing for a free one, and beside for one by use", () => {
    const found = estimate(
      graphOf(plan, resource("shop:index:Disk", "disk", {}), resource("shop:x:Y", "odd", {})),
      table(),
    );
    expect([found.monthly, found.byUse]).toEqual([0, 1]);
    expect(found.unknown.map(({ name }) => name)).toEqual(["odd"]);
  });

  it("leaves out what is only read and components", () => {
    const read = resource(MACHINE, "read", {}, {}, { read: "id" });
    const component = resource(MACHINE, "component", {}, {}, { custom: false });
    expect(estimate(graphOf(read, component), table({ item: "hours", monthly: 5 })).items).toEqual([]);
  });
});

describe("the cost of a change", () => {
  const price = table({ item: "hours", monthly: 2, times: [{ input: "count", scale: 1 }] });
  const machine = (name: string, count: number) => resource(MACHINE, name, { count });

  it("is told for what is new, gone and different, greatest first", () => {
    const before = graphOf(machine("same", 1), machine("grows", 1), machine("goes", 2));
    const after = graphOf(machine("same", 1), machine("grows", 9), machine("comes", 3));
    const { items, ...sums } = costOfChange(estimate(before, price), estimate(after, price));
    expect(sums).toEqual({ currency: "EUR", prices: "test", before: 8, after: 26, unknown: [] });
    expect(items.map(({ name, before: from, after: to }) => [name, from, to])).toEqual([
      ["grows", 2, 18],
      ["comes", 0, 6],
      ["goes", 4, 0],
    ]);
  });
});

describe("a price table", () => {
  it.each([
    [{ monthly: 1, hourly: 1 }, "either hourly or monthly"],
    [{}, "either hourly or monthly"],
    [{ monthly: { a: 1 } }, "if and only if"],
    [{ monthly: 1, by: "kind" }, "if and only if"],
    [{ monthly: -1 }, "expected"],
    [{ monthly: 1, colour: "red" }, "colour"],
    [{ monthly: 1, source: "hearsay" }, "hearsay"],
  ])("with %j is refused: %s", (price, reason) => {
    const text = {
      format: "roost-prices/1",
      name: "",
      currency: "EUR",
      prices: [{ type: MACHINE, item: "a", ...price }],
    };
    expect(() => readPrices(JSON.stringify(text))).toThrow(reason);
  });
});

describe("the example table", () => {
  it("names for each price the vendor's page, the region and the day, and estimates say what it is", () => {
    const table = examplePrices();
    expect(table.prices.filter(({ source }) => source === undefined)).toEqual([]);
    const used = new Set(table.prices.map(({ source }) => source));
    expect([...used].sort()).toEqual(Object.keys(table.sources).sort());
    // What was compared was compared with something.
    for (const { source, compared } of table.prices.filter(({ compared }) => compared)) {
      expect([source, compared, table.sources[source!]?.compared]).toEqual([
        source,
        expect.stringMatching(/^20\d\d-/),
        expect.stringMatching(/^https:/),
      ]);
    }
    const vendors = ["aws.amazon.com", "azure.microsoft.com"];
    for (const { page, noted } of Object.values(table.sources)) {
      expect(vendors).toContain(new URL(page).hostname);
      expect(noted).toMatch(/^20\d\d-/);
    }
    expect(estimate({ resources: [] }, table).prices).toMatch(
      /eu-west-1.*; noted 20\d\d-\d\d-\d\d; an example to be replaced/,
    );
  });

  it.each(keptGraphs())("knows the cost of all of %s", (_, graph) => {
    expect(estimate(graph, examplePrices()).unknown).toEqual([]);
  });

  it("says of a production web service about what its documentation says, by resource", () => {
    const graph = keptGraphs().find(([name]) => name === "web-service-production")![1];
    const { items, monthly, currency } = estimate(graph, examplePrices());
    expect([currency, Math.round(monthly / 10) * 10]).toEqual(["USD", 370]);
    const sum = (part: string) =>
      Math.round(
        items.filter(({ type }) => type.includes(part)).reduce((total, each) => total + each.monthly, 0),
      );
    expect([sum("natGateway"), sum("vpcEndpoint"), sum("rds/"), sum("ecs/")]).toEqual([105, 96, 115, 14]);
  });
});
