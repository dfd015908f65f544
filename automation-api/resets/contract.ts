import { z } from "zod";
import {
  change,
  confirmSeconds,
  hostReference as host,
  hostAction,
  onChange,
  planHash,
  words,
} from "../host-actions/contract.ts";

const resetId = z.string().regex(/^rst_[0-9a-z]{26}$/, "expected rst_…");
const profileName = z.enum(["light", "medium", "deep", "nuclear"]);
const packageName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9+.-]{1,99}(:[a-z0-9-]{1,20})?$/, "expected the name of a package");
const path = z
  .string()
  .max(4000)
  .regex(/^(\/[^/\0]+)+$/, "expected an absolute path without a slash at its end")
  .refine((value) => !/\/\.{1,2}(\/|$)/.test(value), "expected a path without . and ..");
const chosen = <Item extends z.ZodType>(item: Item, of: string) =>
  z
    .strictObject({
      include: z.array(item).max(1000).default([]).describe(`${of} beside those of the profile.`),
      exclude: z.array(item).max(1000).default([]).describe(`${of} that stay.`),
    })
    .default({ include: [], exclude: [] });
const packages = chosen(packageName, "Packages");
const paths = chosen(path, "Files, links, and folders with all in them,");

export const analyzeQuery = z.strictObject({ host });
export const previewRequest = z.strictObject({
  host,
  profile: profileName.describe("Each includes the ones before it."),
  packages,
  paths,
});
export type PreviewRequest = z.output<typeof previewRequest>;

export const executeRequest = z.strictObject({
  reset: resetId.describe("The preview that is carried out."),
  planHash,
  confirm: words,
  confirmSeconds,
});
export type ExecuteRequest = z.output<typeof executeRequest>;

export const customRequest = z.strictObject({
  host,
  workflow: z
    .array(
      z.discriminatedUnion("kind", [
        z.strictObject({ kind: z.literal("profile"), profile: profileName }),
        z.strictObject({ kind: z.literal("packages"), names: z.array(packageName).min(1).max(1000) }),
        z.strictObject({ kind: z.literal("paths"), paths: z.array(path).min(1).max(1000) }),
        z.strictObject({
          kind: z.literal("keep"),
          packages: z.array(packageName).max(1000).default([]),
          paths: z.array(path).max(1000).default([]),
        }),
      ]),
    )
    .min(1)
    .max(50)
    .describe("What is to go and what is to stay, as one plan; nothing is done yet."),
});
export type CustomRequest = z.output<typeof customRequest>;

export const rollbackRequest = z.strictObject({ reset: resetId, onChange });
export type RollbackRequest = z.output<typeof rollbackRequest>;
export const statusParams = z.strictObject({ job_id: resetId });

export const profileList = z.object({
  items: z.array(
    z.object({
      name: profileName,
      summary: z.string(),
      packages: z
        .array(z.string())
        .describe("Classes of packages that go, with those of the profiles before."),
      files: z.array(z.string()).describe("Classes of files that go, likewise."),
      needsConfirmation: z.boolean(),
    }),
  ),
});

const classified = z.object({
  name: z.string(),
  version: z.string(),
  bytes: z.number().describe("What its files take, as it says itself."),
  class: z.enum(["system", "user", "app", "auto"]),
  score: z
    .number()
    .describe("Weight of the evidence for the class, less that for the next one; 0 is a guess."),
  reasons: z.array(z.string()),
  neededBy: z.array(z.string()).describe("Installed packages that depend on it."),
});
const other = z.object({
  manager: z.enum(["snap", "flatpak", "pipx", "pip", "npm"]),
  name: z.string(),
  version: z.string().nullable(),
  path: z.string(),
  class: z
    .string()
    .nullable()
    .describe("Class of the files that it goes with; null: no reset takes it away."),
  reason: z.string(),
});
export const analysis = z.object({
  host: z.object({ id: z.string(), name: z.string() }),
  packages: z.array(classified),
  others: z.array(other).describe("Packages of managers beside the system's own."),
  files: z.array(
    z.object({ class: z.string(), files: z.number(), bytes: z.number(), allocatedBytes: z.number() }),
  ),
});

/** The action, as this noun tells it. */
export const reset = hostAction
  .omit({ kind: true, title: true, request: true })
  .extend({ profile: profileName.nullable() });
export type Reset = z.output<typeof reset>;

export const preview = reset.extend({
  confirm: z.string().nullable().describe("Words to give back to execute; null: none are needed."),
  packages: z.array(classified),
  others: z.array(other).describe("Packages of other managers that go."),
  kept: z
    .array(z.object({ name: z.string(), reason: z.string() }))
    .describe("What was asked for and stays all the same."),
  services: z.array(z.string()).describe("Units that are stopped and go."),
  ports: z
    .array(z.object({ port: z.string(), package: z.string().nullable(), program: z.string().nullable() }))
    .describe("Open ports that close, with what has them open."),
  users: z.array(z.string()).describe("Accounts that go, with their folders and whatever they run."),
  people: z
    .array(z.object({ name: z.string(), paths: z.number(), bytes: z.number() }))
    .describe("Whose folder something goes from or changes in, with how many paths and bytes."),
  reinstalled: z
    .array(z.object({ name: z.string(), version: z.string() }))
    .describe("Packages that are installed again, so that their configuration is as packaged."),
  renewed: z
    .array(z.enum(["machine-id", "host-keys"]))
    .describe(
      "What the machine is known by, and is other afterwards. New host keys are read over the old connection, and the host is pinned to one of them once a login by it has confirmed the reset.",
    ),
  changes: z
    .array(change)
    .describe(
      "Each path that changes, found by a rehearsal on a copy in the host's memory; touched: a folder's time.",
    ),
});
export type Preview = z.output<typeof preview>;
