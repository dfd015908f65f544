import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "@jest/globals";
import { writeGraph } from "../../../components/testing/index.ts";
import { graphOf, resource } from "../../stacks/export/graph.ts";
import { roost, temporaryFolder } from "./terminal.ts";

const service = (count: number) =>
  writeGraph(
    graphOf(resource("shop:index:Machine", "one", { count }), resource("shop:index:Disk", "two", {})),
  );

const table = {
  format: "roost-prices/1",
  name: "a contract",
  currency: "EUR",
  prices: [{ type: "shop:index:Machine", item: "machines", monthly: 10, times: [{ input: "count" }] }],
  byUse: ["shop:index:Disk"],
};

async function file(name: string, text: string): Promise<string> {
  const made = path.join(await temporaryFolder(), name);
  await writeFile(made, text);
  return made;
}

const prices = () => file("prices.json", JSON.stringify(table));

describe("roost cost", () => {
  it("tells what each resource costs and the sum", async () => {
    const { code, stdout } = await roost(["cost", "--graph", "-", "--prices", await prices()], {
      stdin: service(2),
    });
    expect(code).toBe(0);
    expect(stdout).toBe(
      "RESOURCE  FOR       EUR A MONTH\n" +
        "one       machines        20.00\n\n" +
        "20.00 EUR a month before any use. Resources that cost by use alone: 1.\nPrices: a contract.\n",
    );
  });

  it("tells what a change costs", async () => {
    const before = await file("before.json", service(2));
    const args = ["cost", "--graph", "-", "--before", before, "--prices", await prices()];
    const { stdout } = await roost(args, { stdin: service(5) });
    expect(stdout).toContain("one       machines   20.00  50.00  +30.00\n");
    expect(stdout).toContain("+30.00 EUR a month: 20.00 before, 50.00 after.\n");
    expect((await roost([...args, "--json"], { stdin: service(1) })).json()).toMatchObject({
      before: 20,
      after: 10,
    });
  });

  it.each([
    ["20", service(2), 0],
    ["19.99", service(2), 1],
    ["1000", writeGraph(graphOf(resource("shop:index:Unknown", "odd", {}))), 1],
  ])("fails above --most %s, and when it is not wholly known", async (most, stdin, expected) => {
    const { code } = await roost(["cost", "--graph", "-", "--most", most, "--prices", await prices()], {
      stdin,
    });
    expect(code).toBe(expected);
  });

  it("names what it does not know", async () => {
    const stdin = writeGraph(graphOf(resource("shop:index:Unknown", "odd", {})));
    const { code, stdout } = await roost(["cost", "--graph", "-"], { stdin });
    expect(code).toBe(0);
    expect(stdout).toContain("not known: shop:index:Unknown odd: the table has no price for its type\n");
  });

  it("uses the example that comes with Roost", async () => {
    expect((await roost(["cost", "hello", "--json"])).json()).toMatchObject({
      currency: "USD",
      monthly: 0,
      unknown: [],
    });
  });

  it.each([
    [["--most", "much"], "amount"],
    [["--most", "-1"], "amount"],
    [["--prices", "/nowhere"], "--prices"],
    [["--before", "/nowhere"], "--before"],
  ])("%j is refused", async (flags, reason) => {
    const { code, stderr } = await roost(["cost", "hello", ...flags]);
    expect(code).toBe(2);
    expect(stderr).toContain(reason);
  });

  it("refuses a price table that is none, with what is wrong in it", async () => {
    const wrong = await file("wrong.json", JSON.stringify({ ...table, currency: "euro" }));
    const { code, stderr } = await roost(["cost", "hello", "--prices", wrong]);
    expect(code).toBe(2);
    expect(stderr).toContain("currency");
  });
});
