import { z } from "zod";
import { directly, hostReference, plannedAction } from "../host-actions/contract.ts";

const wanted = {
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9+.-]{1,127}$/, "expected the name of a package")
    .describe("A package that is installed."),
  version: z
    .string()
    .regex(/^(?:\d{1,9}:)?\d[A-Za-z0-9.+~-]{0,127}$/, "expected a version by Debian's grammar")
    .optional()
    .describe("Default: the one that is installed."),
  hold: z.boolean().optional().describe("Whether it stays at its version from then on. Default: as it is."),
  pin: z.boolean().optional().describe("This version is preferred whatever comes; needs `version`."),
};
const how = {
  configuration: z
    .enum(["fresh", "keep"])
    .default("fresh")
    .describe("fresh: configuration files become what the packages brought; keep: they stay."),
  ...directly,
};

export const packageRequest = z.strictObject({ host: hostReference, ...wanted, ...how });
export type PackageRequest = z.output<typeof packageRequest>;
export const batchRequest = z.strictObject({
  host: hostReference,
  packages: z.array(z.strictObject(wanted)).min(1).max(100).describe("All in one transaction."),
  ...how,
});
export type BatchRequest = z.output<typeof batchRequest>;

export const reinstall = plannedAction.extend({
  detail: z.object({
    scan: z.string(),
    installs: z
      .array(
        z.object({
          name: z.string(),
          from: z.string().nullable(),
          to: z.string(),
          kind: z.enum(["new", "reinstall", "upgrade", "downgrade"]),
        }),
      )
      .describe("What apt's own solver does for it."),
    replaced: z.array(z.string()).describe("Configuration files that become what the packages brought."),
    restored: z.array(z.string()).describe("Configuration files that were gone and come back."),
    holds: z.array(z.string()),
    unholds: z.array(z.string()),
    checks: z
      .array(z.looseObject({ kind: z.enum(["version", "verify", "unit", "port", "config"]) }))
      .describe("What has to hold afterwards, or everything goes back."),
    available: z
      .record(z.string(), z.array(z.object({ version: z.string(), source: z.string() })))
      .describe("Versions that could be had, newest first."),
  }),
});
export type Reinstall = z.output<typeof reinstall>;
