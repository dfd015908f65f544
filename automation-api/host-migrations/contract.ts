import { z } from "zod";
import { directly, hostReference, plannedAction } from "../host-actions/contract.ts";
import { pageQuery, pageReply } from "../http/page.ts";

/** Of a signed archive: its content is bounded on its own. */
const archiveCharacters = 16 * 1024 * 1024;
export const archiveBodyBytes = archiveCharacters + 1024 * 1024;

export const partNames = ["sources", "packages", "users", "conffiles", "units", "crontabs"] as const;
const parts = z
  .array(z.enum(partNames))
  .min(1)
  .max(partNames.length)
  .default([...partNames])
  .describe("What is taken over. Default: everything.");
const archiveId = z.string().regex(/^mig_[0-9a-z]{26}$/, "expected mig_…");

export const exportRequest = z.strictObject({
  host: hostReference,
  passwords: z
    .boolean()
    .default(false)
    .describe("Hashes of people's passwords too, encrypted for this installation alone."),
});
export type ExportRequest = z.output<typeof exportRequest>;

export const uploadRequest = z.strictObject({
  archive: z
    .string()
    .max(archiveCharacters, `has more than ${archiveCharacters} characters`)
    .describe("The text of an archive, as it was downloaded."),
});

export const archiveParams = z.strictObject({ id: archiveId });
export const archiveQuery = pageQuery;

export const archive = z.object({
  id: z.string(),
  host: z.object({ id: z.string(), name: z.string() }).describe("Where it was made."),
  madeAt: z.string(),
  key: z.string().describe("The key that signed it."),
  sha256: z.string(),
  bytes: z.number(),
  contains: z.object({
    packages: z.number(),
    files: z.number(),
    users: z.number(),
    units: z.number(),
    passwords: z.boolean(),
  }),
  requester: z.string(),
  createdAt: z.string(),
});
export type Archive = z.output<typeof archive>;
export const archivePage = pageReply(archive);
export const exported = archive.extend({
  left: z
    .array(z.object({ what: z.string(), reason: z.string() }))
    .describe("What was not taken into it, and why."),
});
export type Exported = z.output<typeof exported>;

const choice = z.enum(["keep", "replace"]);

export const importRequest = z.strictObject({
  host: hostReference,
  archive: archiveId,
  parts,
  onConflict: choice
    .default("keep")
    .describe("For what both have otherwise. keep: this host stays as it is; replace: as in the archive."),
  choices: z
    .record(z.string().max(1100), choice)
    .default({})
    .describe("For single items, by the ids that a preview gives, such as `file:/etc/crontab`."),
  start: z.boolean().default(true).describe("Units that ran there, and that come with it, run here too."),
  passwords: z.boolean().default(false).describe("People get the passwords of the archive."),
  ...directly,
});
export type ImportRequest = z.output<typeof importRequest>;

const item = z.object({
  id: z.string(),
  part: z.enum(partNames),
  state: z
    .enum(["new", "conflict", "impossible"])
    .describe("new: nothing of it is here; conflict: it is here otherwise; impossible: see the reason."),
  choice: choice.describe("What becomes of it: keep leaves this host as it is."),
  there: z.string(),
  here: z.string().nullable(),
  reason: z.string().nullable(),
  diff: z.string().nullable().describe("Of texts that are otherwise, as `diff -u` writes it."),
});

export const migration = plannedAction.extend({
  detail: z.object({
    archive: z.string(),
    from: z.string(),
    items: z.array(item),
    alreadySo: z.number().describe("How many things of the archive are here as they were there."),
    installs: z
      .array(z.object({ name: z.string(), from: z.string().nullable(), to: z.string(), kind: z.string() }))
      .describe("What this host's own solver does for it."),
    runs: z.array(z.string()).describe("Units that are started, or started anew."),
    sources: z.string().nullable().describe("Why the sources could not all be asked; null: they could."),
  }),
});
export type Migration = z.output<typeof migration>;
