import { z } from "zod";

/** Base64 grows by a third: some 380 KB of what is encrypted. */
const documentCharacters = 512 * 1024;

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, "must be 1 to 40 of a-z, 0-9, _ and -, and begin with no sign")
  .default("default")
  .describe("Which of your shells.");
const revision = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in hexadecimal")
  .describe("SHA-256 of the document.");

/** What `age --armor` writes: the server keeps nothing that it could read. */
const document = z
  .string()
  .max(documentCharacters, `has more than ${documentCharacters} characters`)
  .regex(
    /^-----BEGIN AGE ENCRYPTED FILE-----\n[A-Za-z0-9+/=\n]+\n-----END AGE ENCRYPTED FILE-----\n?$/,
    "must be encrypted by age, in its ASCII form",
  );

export const pushRequest = z.strictObject({
  name,
  document,
  base: revision.nullable().default(null).describe("The revision that it was made from; null for the first."),
});
export type PushRequest = z.output<typeof pushRequest>;

export const pullRequest = z.strictObject({
  name,
  revision: revision.optional().describe("An older one. Default: the current one."),
});
export type PullRequest = z.output<typeof pullRequest>;

const version = z.object({ revision, pushedAt: z.string() });

export const pushed = z.object({
  name: z.string(),
  current: revision,
  versions: z.array(version).describe("The newest first."),
});
export type Pushed = z.output<typeof pushed>;

export const pulled = pushed.extend({ revision, document: z.string() });
export type Pulled = z.output<typeof pulled>;
