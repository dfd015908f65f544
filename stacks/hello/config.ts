import { z } from "zod";
import { secretText, wholeNumber } from "../fields.ts";

export const helloConfig = z.strictObject({
  message: z.string().min(1).max(500).default("Hello from Roost").describe("What the page says."),
  replicas: wholeNumber(1, 10).default(1).describe("How many copies of the service run."),
  port: wholeNumber(1_024, 65_000)
    .optional()
    .describe("Port of the first replica; each further one has the next. Default: chosen per replica."),
  apiKey: secretText()
    .optional()
    .describe("Reaches the service as a secret; the page only says whether it was given."),
});

export type HelloConfig = z.infer<typeof helloConfig>;
