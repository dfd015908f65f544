import { chown, mkdir, readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { baseEnvironment } from "../../plugins/process/index.ts";
import { type CommandResult, runBounded } from "../bounded-command.ts";
import { invalid, RoostError } from "../errors.ts";
import { programLimits } from "./domain.ts";
import type { OutboundTarget } from "./outbound.ts";

const scripts = fileURLToPath(new URL("./git/", import.meta.url));
const cpuSeconds = 300;
/** First release that honours http.curloptResolve: an older one would resolve the name again. */
const oldestGit = [2, 37] as const;

export interface GitLogin {
  username: string;
  password: string;
}

/** Another user of this machine, and the command line that runs a command as that user. */
export interface OtherUser {
  uid: number;
  gid: number;
  wrap(command: string[]): string[];
}

export interface GitRequest {
  url: URL;
  ref: string;
  target: OutboundTarget;
  login?: GitLogin;
  /** Private folder, made if missing. */
  folder: string;
  /** Who runs git and owns the result. Default: this process's user. */
  asUser?: OtherUser;
  signal?: AbortSignal;
  timeLimitMs?: number;
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
  await mkdir(request.folder, { recursive: true, mode: 0o700 });
  if (request.asUser) await chown(request.folder, request.asUser.uid, request.asUser.gid);
  const repository = path.join(request.folder, "repository.git");
  const file = path.join(request.folder, "program.tar");
  const git = (args: string[], stdin?: string) => runGit(request, repository, args, stdin);
  await requireGit(request);
  await succeed(git(["init", "--quiet", "--bare", "--template=", "--", repository]));
  const fetched = await git(
    [
      ...remoteConfig(request),
      ...["fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--no-auto-maintenance"],
      ...["--no-write-commit-graph", "--", request.url.href, request.ref],
    ],
    request.login && credentialReply(request.login),
  );
  if (fetched.code !== 0) throw await fetchFailure(request, repository, fetched);
  const commit = (await succeed(git(["rev-parse", "--verify", "FETCH_HEAD^{commit}"]))).stdout.trim();
  const packed = await git(["archive", "--format=tar", `--output=${file}`, commit]);
  if (packed.code !== 0) throw tooLargeOr(packed, "The repository cannot be packed");
  await rm(repository, { recursive: true, force: true });
  return { file, commit };
}

async function runGit(
  request: GitRequest,
  repository: string,
  args: string[],
  stdin?: string,
): Promise<CommandResult> {
  const limit = request.limitBytes ?? programLimits.bytes;
  const command = [
    ...["/bin/sh", path.join(scripts, "limited.sh"), String(Math.ceil(limit / 512)), String(cpuSeconds)],
    ...["git", ...isolation, ...args],
  ];
  return runBounded({
    command: request.asUser?.wrap(command) ?? command,
    cwd: request.folder,
    env: environment(repository, args[0] === "init" ? undefined : repository),
    stdin,
    timeLimitMs: request.timeLimitMs ?? 120_000,
    signal: request.signal,
  });
}

/** Settings that hold whatever the machine, the user or the repository has set. */
const isolation = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "core.attributesFile=/dev/null",
  "core.askPass=",
  "protocol.allow=never",
  "protocol.https.allow=always",
  "submodule.recurse=false",
  "fetch.recurseSubmodules=false",
  // One file holds the whole download, so the limit on a file's size is the limit on the download.
  "fetch.unpackLimit=1",
  "fetch.fsckObjects=true",
  "gc.auto=0",
  "maintenance.auto=false",
  "http.followRedirects=false",
  "http.proxy=",
  "http.sslVerify=true",
  "http.lowSpeedLimit=1000",
  "http.lowSpeedTime=30",
  "credential.helper=",
].flatMap((setting) => ["-c", setting]);

function remoteConfig({ url, target, login }: GitRequest): string[] {
  const addresses = target.addresses.map((address) => (address.includes(":") ? `[${address}]` : address));
  const settings = [`http.curloptResolve=${url.hostname}:${target.port}:${addresses.join(",")}`];
  if (url.protocol === "http:" && target.allowed) settings.push("protocol.http.allow=always");
  // Bound to scheme, host and port: git asks this helper for no other address.
  if (login) settings.push(`credential.${url.origin}.helper=roost.sh`);
  return settings.flatMap((setting) => ["-c", setting]);
}

function environment(folder: string, repository: string | undefined): Record<string, string> {
  const base = baseEnvironment({
    HTTP_PROXY: undefined,
    HTTPS_PROXY: undefined,
    ALL_PROXY: undefined,
    http_proxy: undefined,
    https_proxy: undefined,
    all_proxy: undefined,
  });
  return {
    ...base,
    PATH: `${scripts}:${base.PATH ?? "/usr/bin:/bin"}`,
    HOME: path.dirname(folder),
    XDG_CONFIG_HOME: path.dirname(folder),
    LC_ALL: "C",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_PROTOCOL_FROM_USER: "0",
    GIT_TEMPLATE_DIR: "",
    GIT_CEILING_DIRECTORIES: path.dirname(folder),
    ...(repository && { GIT_DIR: repository }),
    ...(base.SSL_CERT_FILE && { GIT_SSL_CAINFO: base.SSL_CERT_FILE }),
  };
}

/** Git reads `key=value` lines; a line break inside a value would be a second key. */
function credentialReply({ username, password }: GitLogin): string {
  return `username=${username}\npassword=${password}\n`;
}

async function requireGit(request: GitRequest): Promise<void> {
  const { stdout } = await succeed(
    runBounded({
      command: ["git", "--version"],
      cwd: request.folder,
      env: environment(request.folder, undefined),
      timeLimitMs: 10_000,
      signal: request.signal,
    }),
  );
  const [major = 0, minor = 0] = stdout.match(/\d+/g)?.map(Number) ?? [];
  if (major > oldestGit[0] || (major === oldestGit[0] && minor >= oldestGit[1])) return;
  throw new RoostError(
    "unavailable",
    `Git programs need git ${oldestGit.join(".")} or newer on this machine; found: ${stdout.trim()}.`,
  );
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
