import { Command, InvalidArgumentError } from "commander";
import type { CostChange, Estimate } from "../../../policies/index.ts";
import { exitCodes } from "../exit-codes.ts";
import { type GraphFlags, readGraphSource, withGraph } from "../graph-source.ts";
import { readFlagFile } from "../program-config.ts";
import { examples, print, type Session, widthOf } from "../session.ts";
import { renderTable } from "../table.ts";

interface CostFlags extends GraphFlags {
  before?: string;
  prices?: string;
  most?: number;
  json?: boolean;
}

export function costCommand(session: Session): Command {
  return withGraph(new Command("cost"))
    .description("Estimate what a stack costs in a month before any use")
    .option("--before <file>", "a roost-graph/1 document of the stack as it is: shows what the change costs")
    .option(
      "--prices <file>",
      "roost-prices/1 document (default: an example for AWS in Ireland and for Azure)",
    )
    .option(
      "--most <amount>",
      "fail when it costs more in a month, or when its cost is not wholly known",
      amount,
    )
    .addHelpText("after", "\nTraffic, requests and stored data cost beside; discounts are not known.\n")
    .addHelpText(
      "after",
      examples(
        "roost cost web-service --config stacks/web-service/examples/production.yaml --most 400",
        "roost cost --deployed shop/production",
        "roost cost web-service --config shop.yaml --before shop-now.json --prices prices.json",
      ),
    )
    .action(async (program: string | undefined, flags: CostFlags) => {
      const graph = await readGraphSource(session, program, flags);
      const { costOfChange, estimate } = await import("../../../policies/index.ts");
      const { pricesOf } = await import("../../costs/service.ts");
      const text = flags.prices === undefined ? undefined : await readFlagFile("--prices", flags.prices);
      const prices = pricesOf(text, "--prices");
      const width = widthOf(session.context);
      if (flags.before === undefined) {
        const cost = estimate(graph, prices);
        judge(session, flags, cost.monthly, cost);
        print(session, flags, cost, () => stackText(cost, width));
        return;
      }
      const { parseGraph } = await import("../../engine/graph.ts");
      const before = parseGraph(await readFlagFile("--before", flags.before));
      const cost = costOfChange(estimate(before, prices), estimate(graph, prices));
      judge(session, flags, cost.after, cost);
      print(session, flags, cost, () => changeText(cost, width));
    });
}

function judge(
  session: Session,
  { most }: CostFlags,
  monthly: number,
  { unknown }: Pick<Estimate, "unknown">,
): void {
  if (most === undefined || (monthly <= most && unknown.length === 0)) return;
  session.exitCode = exitCodes.failed;
}

function stackText(cost: Estimate, width: number | undefined): string {
  const rows = renderTable(
    cost.items,
    [
      { title: "RESOURCE", value: ({ name }) => name, flexible: true },
      { title: "FOR", value: ({ item }) => item },
      { title: `${cost.currency} A MONTH`, value: ({ monthly }) => monthly.toFixed(2), right: true },
    ],
    width,
  );
  const sum = `${cost.monthly.toFixed(2)} ${cost.currency} a month before any use. Resources that cost by use alone: ${cost.byUse}.\n`;
  return `${cost.items.length > 0 ? `${rows}\n` : ""}${sum}Prices: ${cost.prices}.\n${unknownText(cost)}`;
}

function changeText(cost: CostChange, width: number | undefined): string {
  const rows = renderTable(
    cost.items,
    [
      { title: "RESOURCE", value: ({ name }) => name, flexible: true },
      { title: "FOR", value: ({ item }) => item },
      { title: "BEFORE", value: ({ before }) => before.toFixed(2), right: true },
      { title: "AFTER", value: ({ after }) => after.toFixed(2), right: true },
      { title: "CHANGE", value: ({ before, after }) => signed(after - before), right: true },
    ],
    width,
  );
  const sum = `${signed(cost.after - cost.before)} ${cost.currency} a month: ${cost.before.toFixed(2)} before, ${cost.after.toFixed(2)} after.\n`;
  return `${cost.items.length > 0 ? `${rows}\n` : ""}${sum}${unknownText(cost)}`;
}

function unknownText({ unknown }: Pick<Estimate, "unknown">): string {
  return unknown.map(({ type, name, reason }) => `not known: ${type} ${name}: ${reason}\n`).join("");
}

const signed = (value: number) => `${value > 0 ? "+" : ""}${value.toFixed(2)}`;

function amount(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0)) throw new InvalidArgumentError("It must be an amount of money.");
  return value;
}
