import { z } from "zod";
import shipped from "./prices.json" with { type: "json" };

/** A number of an input: of the resource, or with `->` of the one that an input refers to. */
const quantity = z.strictObject({
  input: z.string().describe("Path, such as allocatedStorage, rules.length or taskDefinition->cpu"),
  otherwise: z
    .number()
    .optional()
    .describe("Where the input is not given; without it the price is then unknown"),
  scale: z.number().default(1).describe("What one of it is in the unit of the price"),
});

const condition = z.strictObject({
  input: z.string(),
  is: z.union([z.string(), z.boolean()]),
  otherwise: z.union([z.string(), z.boolean()]).optional().describe("Where the input is not given"),
});

const rate = z.number().nonnegative();

const price = z.strictObject({
  type: z.string().describe("Pulumi's type"),
  item: z.string().describe("What is paid for, such as hours"),
  source: z.string().optional().describe("Name of the source that it was noted from"),
  compared: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}(: .+)?$/)
    .optional()
    .describe(
      "Day on which the account that its source names said the same, and of which rates; absent: no day",
    ),
  hourly: z.union([rate, z.record(z.string(), rate)]).optional(),
  monthly: z.union([rate, z.record(z.string(), rate)]).optional(),
  by: z
    .union([z.string(), z.array(z.string()).min(1)])
    .optional()
    .describe("Input whose value picks a rate of the table; of several the first that is given"),
  when: z.array(condition).default([]).describe("All must hold"),
  times: z.array(quantity).default([]).describe("Multiplied with each other"),
});

const source = z.strictObject({
  page: z.url().describe("Where the vendor publishes it: to be compared before use"),
  region: z.string().describe("Where it holds, such as eu-west-1, or global"),
  noted: z.iso.date().describe("Day on which it was noted; it may have changed since"),
  compared: z.url().optional().describe("Another public account of the same prices"),
});

/** A price table. */
export const prices = z
  .strictObject({
    format: z.literal("roost-prices/1"),
    name: z.string().describe("Where and when the prices hold"),
    example: z.boolean().default(false).describe("true: to be replaced before anybody relies on it"),
    sources: z.record(z.string(), source).default({}).describe("Where the prices are from, by a name"),
    currency: z.string().length(3),
    hoursInMonth: z.number().positive().default(730),
    prices: z.array(price),
    byUse: z
      .array(z.string())
      .default([])
      .describe("Types that cost by use alone, which a graph does not tell"),
    free: z.array(z.string()).default([]).describe("Types that cost nothing; an ending * stands for any"),
  })
  .superRefine(({ prices: all, sources }, context) => {
    for (const [index, { hourly, monthly, by, source: from }] of all.entries()) {
      const path = ["prices", index];
      const fault = (message: string) => context.addIssue({ code: "custom", path, message });
      if ((hourly === undefined) === (monthly === undefined)) fault("has either hourly or monthly");
      if (from !== undefined && !(from in sources)) fault(`has a source that is not named: ${from}`);
      const isTable = typeof (hourly ?? monthly) === "object";
      if (isTable !== (by !== undefined)) fault("has a table of rates if and only if it has by");
    }
  });

export type PriceTable = z.output<typeof prices>;
export type Price = PriceTable["prices"][number];

/** @throws SyntaxError or ZodError when the text is no price table */
export function readPrices(text: string): PriceTable {
  return prices.parse(JSON.parse(text));
}

/** What an estimate says of its table: its name, from when its oldest price is, and whether it is an example. */
export function describePrices({ name, example, sources }: PriceTable): string {
  const [oldest] = Object.values(sources)
    .map(({ noted }) => noted)
    .sort();
  return [
    name,
    ...(oldest === undefined ? [] : [`noted ${oldest}`]),
    ...(example ? ["an example to be replaced, not kept up to date"] : []),
  ].join("; ");
}

let table: PriceTable | undefined;

/** The table that comes with Roost: an example, which a real budget replaces. */
export function examplePrices(): PriceTable {
  table ??= prices.parse(shipped);
  return table;
}
