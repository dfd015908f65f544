import { z } from "zod";

/** Of longer lists the dearest are shown. */
export const shownItems = 100;

export const costChange = z.object({
  currency: z.string(),
  prices: z.string().describe("Name of the price table."),
  before: z.number().describe("A month of the stack as it was, before any use."),
  after: z.number().describe("A month of the stack as it is, or in a preview would be."),
  items: z
    .array(
      z.object({
        urn: z.string(),
        name: z.string(),
        item: z.string(),
        before: z.number(),
        after: z.number(),
      }),
    )
    .describe(`What differs, greatest first, at most ${shownItems}.`),
  unknown: z
    .array(z.object({ urn: z.string(), type: z.string(), name: z.string(), reason: z.string() }))
    .describe(`Resources whose cost is not known, so that the sum is too small; at most ${shownItems}.`),
});
export type CostChange = z.output<typeof costChange>;
