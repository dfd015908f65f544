import { z } from "zod";

const relativePath = z
  .string()
  .min(1)
  .max(500)
  .refine(isInside, "expected a path inside the program, without `..`, such as infra/network");

/** A git reference: what `git fetch` takes, and nothing that it could take for an option or a refspec. */
export const gitReference = z.strictObject({
  url: z.string().min(1).max(2000).describe("https address of the repository, without user or password."),
  ref: z
    .string()
    .max(250)
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_./-]*$/, "expected a branch, tag or commit")
    .refine((ref) => !/\.\.|\/\/|\/$|\.lock$/.test(ref), "expected a branch, tag or commit")
    .default("HEAD")
    .describe("Branch, tag or commit."),
  path: relativePath.optional().describe("Folder of the program inside the repository."),
  credential: z
    .string()
    .regex(/^crd_[0-9a-z]{26}$/, "expected crd_…")
    .optional()
    .describe("Id of a stored credential for the repository's host."),
});
export type GitReference = z.output<typeof gitReference>;

/** What declares a stack's resources. Exactly one of the four kinds. */
export const programReference = z
  .strictObject({
    builtin: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,62}$/, "expected the name of a built-in program")
      .optional()
      .describe("A program that comes with Roost."),
    folder: z
      .string()
      .min(1)
      .max(1000)
      .refine((path) => !path.includes("\0"), "expected a path")
      .optional()
      .describe("A folder below one of ROOST_PROGRAM_ROOTS: absolute, or relative to a root."),
    archive: z
      .string()
      .regex(/^prg_[0-9a-z]{26}$/, "expected prg_…")
      .optional()
      .describe("Id of an uploaded archive."),
    path: relativePath.optional().describe("Folder of the program inside the archive."),
    git: gitReference.optional(),
  })
  .superRefine((program, context) => {
    const kinds = programKinds.filter((kind) => program[kind] !== undefined);
    if (kinds.length !== 1) {
      context.addIssue({ code: "custom", message: `expected exactly one of ${programKinds.join(", ")}` });
    }
    if (program.path !== undefined && program.archive === undefined) {
      context.addIssue({ code: "custom", path: ["path"], message: "goes with an archive only" });
    }
  });
export type ProgramReference = z.output<typeof programReference>;

export const programKinds = ["builtin", "folder", "archive", "git"] as const;
export type ProgramKind = (typeof programKinds)[number];

/**
 * What a runner is given: everything that needed credentials or the database
 * is done, the rest is local files.
 */
export type ProgramSource =
  | { kind: "builtin"; name: string }
  | { kind: "folder"; path: string }
  /** `file`: a tar, plain or gzip, that the runner can read; `path`: the program's folder in it, "" for its root. */
  | { kind: "archive"; file: string; path: string };

/** The same of a policy pack, which is never built in. */
export type PackSource = Exclude<ProgramSource, { kind: "builtin" }>;

/** An uploaded archive. */
export const programArchive = z.object({
  id: z.string(),
  sha256: z.string().describe("SHA-256 of the upload, in hex."),
  bytes: z.number().describe("Size of the upload."),
  entries: z.number().describe("Files, folders and links in it."),
  createdAt: z.string(),
});
export type ProgramArchive = z.output<typeof programArchive>;

function isInside(path: string): boolean {
  return (
    !path.startsWith("/") &&
    !/[\p{Cc}\\]/u.test(path) &&
    path.split("/").every((part) => part !== ".." && part !== "")
  );
}
