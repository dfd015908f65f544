import { z } from "zod";
import { directly, hostReference, plannedAction } from "../host-actions/contract.ts";

export const profilesQuery = z.strictObject({
  host: hostReference.describe("Id or name of a host whose last scan the values are judged by."),
});
export type ProfilesQuery = z.output<typeof profilesQuery>;

export const profileNames = ["laptop_battery", "desktop_performance", "server_production"] as const;
export const profileName = z.enum(profileNames);
export const optimizeRequest = z.strictObject({
  host: hostReference,
  profile: profileName
    .optional()
    .describe(
      "What the host is tuned for. Default: what its battery, its screen or their absence speak for.",
    ),
  mounts: z
    .boolean()
    .default(false)
    .describe("With auto and disk: change mount options and trim too, as they are judged."),
  ...directly,
});
export type OptimizeRequest = z.output<typeof optimizeRequest>;

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

const value = z.object({ path: z.string(), value: z.string() });
export const optimized = plannedAction.extend({
  detail: z.object({
    scan: z.string(),
    profile: profileName,
    reason: z.string().describe("Why this profile."),
    judgements: z.array(judgement).describe("What becomes of each value of the profile, and why."),
    writes: z.array(value.extend({ before: z.string() })).describe("Into the running kernel."),
    files: z.array(z.object({ path: z.string(), text: z.string().nullable() })).describe("Make it last."),
    already: z.array(value).describe("So or better as it is."),
    kept: z
      .array(value.extend({ by: z.string() }))
      .describe("A later file of the host's own sets it, and wins."),
    missing: z.array(value).describe("The host has no such value."),
    untilRestart: z.array(z.string()).describe("Gone with the next start: the host reads no file for it."),
    mounts: z
      .array(
        z.object({
          mount: z.string(),
          wish: z.string(),
          verdict: z.enum(["applied", "replaced", "refused"]),
          add: z.array(z.string()),
          remove: z.array(z.string()),
          unit: z.string().nullable().describe("Timer that is enabled, beside one trim at once; null: none."),
          reason: z.string(),
          source: z.string(),
        }),
      )
      .describe("Mount options and trim as judged; changed when `mounts` asks for it, else told only."),
  }),
});
export type Optimized = z.output<typeof optimized>;
