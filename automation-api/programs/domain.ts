import { type ProgramKind, type ProgramReference, programKinds } from "./contract.ts";

/** Largest upload of an archive. */
export const uploadLimitBytes = 32 * 1024 * 1024;

/** What a program may unpack to, wherever it comes from. */
export const programLimits = {
  bytes: 256 * 1024 * 1024,
  entries: 20_000,
  /** Of a path in an archive. */
  pathBytes: 1000,
} as const;
export type ProgramLimits = { readonly [K in keyof typeof programLimits]: number };

export function kindOf(program: ProgramReference): ProgramKind {
  return programKinds.find((kind) => program[kind] !== undefined) as ProgramKind;
}

/** Whether a user supplies the code: such a program needs its own permission. */
export function isUserCode(program: ProgramReference): boolean {
  return kindOf(program) !== "builtin";
}

/** One line for lists and audit rows. */
export function describeProgram(program: ProgramReference): string {
  if (program.git) {
    const { url, ref, path } = program.git;
    return `git ${url} ${ref}${path ? ` ${path}` : ""}`;
  }
  const kind = kindOf(program);
  return `${kind} ${program[kind]}${program.path ? ` ${program.path}` : ""}`;
}
