import { chown, mkdir, readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import type { CommandResult } from "../bounded-command.ts";
import { invalid, RoostError } from "../errors.ts";
import { type GitPlace, type GitRemote, requireGit, runGit } from "../git/index.ts";
import { programLimits } from "./domain.ts";

export interface GitRequest extends GitRemote, Omit<GitPlace, "limitBytes"> {
  ref: string;
  /** Largest download and largest archive. */
  limitBytes?: number;
}

/**
 * Fetches one commit of a repository, without its history, and packs its files
 * into a tar. No hook, filter, submodule or setting of anybody's takes part.
 * @returns path of the tar, and the commit that the ref stood for.
 * @throws invalid when there is no such repository or ref, too_large, unprocessable when it takes too long.
 */
export async function fetchGit(request: GitRequest): Promise<{ file: string; commit: string }> {
  const limitBytes = request.limitBytes ?? programLimits.bytes;
  const place = { ...request, limitBytes };
  await mkdir(request.folder, { recursive: true, mode: 0o700 });
  if (request.asUser) await chown(request.folder, request.asUser.uid, request.asUser.gid);
  const repository = path.join(request.folder, "repository.git");
  const file = path.join(request.folder, "program.tar");
  const git = (args: string[], remote?: GitRemote) => runGit(place, args, { repository, remote });
  await requireGit(place);
  await succeed(runGit(place, ["init", "--quiet", "--bare", "--template=", "--", repository]));
  const fetched = await git(
    [
      ...["fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--no-auto-maintenance"],
      ...["--no-write-commit-graph", "--", request.url.href, request.ref],
    ],
    request,
  );
  if (fetched.code !== 0) throw await fetchFailure(request, repository, fetched);
  const commit = (await succeed(git(["rev-parse", "--verify", "FETCH_HEAD^{commit}"]))).stdout.trim();
  const packed = await git(["archive", "--format=tar", `--output=${file}`, commit]);
  if (packed.code !== 0) throw tooLargeOr(packed, "The repository cannot be packed");
  await rm(repository, { recursive: true, force: true });
  return { file, commit };
}

async function fetchFailure(
  request: GitRequest,
  repository: string,
  result: CommandResult,
): Promise<RoostError> {
  const limit = request.limitBytes ?? programLimits.bytes;
  if (isOverLimit(result) || (await hasFullPack(repository, limit))) return tooLarge(limit, result);
  const lines = result.stderr.trim().split("\n").slice(-5).join("\n");
  const { url, ref } = request;
  return new RoostError("invalid", `git cannot fetch ${ref} of ${url.href}:\n${lines}`, {
    faults: [{ field: "program.git", message: lines }],
  });
}

function tooLargeOr(result: CommandResult, message: string): RoostError {
  if (isOverLimit(result)) return tooLarge(programLimits.bytes, result);
  return new RoostError("unprocessable", `${message}:\n${result.stderr.trim()}`);
}

function tooLarge(limit: number, cause: CommandResult): RoostError {
  return new RoostError("too_large", `The repository is larger than ${limit} bytes.`, {
    faults: [{ field: "program.git", message: `is larger than ${limit} bytes` }],
    cause: new Error(cause.stderr),
  });
}

/** Git says nothing of a child that was ended over its limit: the file that it wrote does. */
async function hasFullPack(repository: string, limit: number): Promise<boolean> {
  const folder = path.join(repository, "objects", "pack");
  for (const name of await readdir(folder).catch(() => [])) {
    const { size } = await stat(path.join(folder, name));
    if (size + 512 > limit) return true;
  }
  return false;
}

/** Over its limit a process gets SIGXFSZ, or its write fails with EFBIG where that signal is ignored. */
function isOverLimit({ signal, stderr }: CommandResult): boolean {
  return signal === "SIGXFSZ" || /File too large|died of signal 25|File size limit/i.test(stderr);
}

async function succeed(running: Promise<CommandResult>): Promise<CommandResult> {
  const result = await running;
  if (result.code === 0) return result;
  throw invalid(
    "program.git",
    `git failed: ${result.stderr.trim().split("\n").slice(-3).join("\n") || `exit ${result.code}`}`,
  );
}
