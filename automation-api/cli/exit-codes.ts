import { CommanderError } from "commander";
import type { ErrorCode } from "../errors.ts";
import { RoostError } from "../errors.ts";

/** What the exit code of `roost` tells a script. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  access: 3,
  notFound: 4,
  unreachable: 5,
  conflict: 6,
  interrupted: 130,
} as const;

const meanings: Record<keyof typeof exitCodes, string> = {
  ok: "done; a followed deployment succeeded",
  failed: "the deployment failed or was cancelled, a check found a fault, or an error of another kind",
  usage: "the command or its input is wrong",
  access: "not logged in, or a permission is missing",
  notFound: "there is no such thing",
  unreachable: "the server, or its database, cannot be reached",
  conflict: "the state of things does not allow it",
  interrupted: "ended by Ctrl-C",
};

export const exitCodeHelp = [
  "Exit codes:",
  ...Object.entries(exitCodes).map(
    ([name, code]) => `  ${String(code).padEnd(4)} ${meanings[name as keyof typeof exitCodes]}`,
  ),
].join("\n");

const ofErrors: Partial<Record<ErrorCode, number>> = {
  invalid: exitCodes.usage,
  too_large: exitCodes.usage,
  unauthenticated: exitCodes.access,
  forbidden: exitCodes.access,
  not_found: exitCodes.notFound,
  unavailable: exitCodes.unreachable,
  conflict: exitCodes.conflict,
  precondition_failed: exitCodes.conflict,
};

export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) {
    // Help and version come as errors with code 0.
    const { exitCode } = error;
    return exitCode === exitCodes.ok || exitCode === exitCodes.interrupted ? exitCode : exitCodes.usage;
  }
  return error instanceof RoostError ? (ofErrors[error.code] ?? exitCodes.failed) : exitCodes.failed;
}
