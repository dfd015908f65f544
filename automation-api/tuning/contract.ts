import { z } from "zod";

export const profilesQuery = z.strictObject({
  host: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/, "expected the id or the name of a host")
    .optional()
    .describe("Id or name of a host whose last scan the values are judged by."),
});
export type ProfilesQuery = z.output<typeof profilesQuery>;

const judgement = z.object({
  value: z.string(),
  asked: z.string(),
  device: z.string().nullable().describe("The disk that it is about; null: the whole host."),
  verdict: z.enum(["applied", "replaced", "refused"]),
  settings: z.array(
    z.object({
      path: z.string(),
      operator: z.enum(["equal", "atLeast", "atMost"]),
      value: z.string(),
      reason: z.string(),
      source: z.string(),
    }),
  ),
  reason: z.string(),
  source: z.string().describe("Where the reason can be read up."),
});

export const profileList = z.object({
  items: z.array(
    z.object({
      name: z.string(),
      summary: z.string(),
      values: z.record(z.string(), z.string()).describe("As asked for, before a host is looked at."),
      judgements: z.array(judgement).nullable().describe("Of the host; null: none was named."),
    }),
  ),
});
export type ProfileList = z.output<typeof profileList>;
