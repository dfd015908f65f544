import path from "node:path";
import { fileURLToPath } from "node:url";
import { baseEnvironment } from "../../plugins/process/index.ts";
import { type CommandResult, runBounded } from "../bounded-command.ts";
import { RoostError } from "../errors.ts";
import type { OutboundTarget } from "./outbound.ts";

const scripts = fileURLToPath(new URL("./", import.meta.url));
const cpuSeconds = 300;
/** First release that honours http.curloptResolve: an older one would resolve the name again. */
const oldestGit = [2, 37] as const;

export interface GitLogin {
  username: string;
  password: string;
}

/** A repository elsewhere: its address, where that leads, and how to log in. */
export interface GitRemote {
  url: URL;
  target: OutboundTarget;
  login?: GitLogin;
}

/** Another user of this machine, and the command line that runs a command as that user. */
export interface OtherUser {
  uid: number;
  gid: number;
  wrap(command: string[]): string[];
}

/** Where git runs, as whom, and within which limits. */
export interface GitPlace {
  /** Private folder: git's home. */
  folder: string;
  /** Who runs git and owns the result. Default: this process's user. */
  asUser?: OtherUser;
  signal?: AbortSignal;
  /** Default: two minutes. */
  timeLimitMs?: number;
  /** Largest file that git may write, so largest download and archive. */
  limitBytes: number;
}

export interface GitOptions {
  /** GIT_DIR; none for `init`. */
  repository?: string;
  /** What it speaks to. Without one it can reach nothing. */
  remote?: GitRemote;
  env?: Record<string, string>;
  /** What is kept of its output. Default: the last 16 KiB. */
  keepBytes?: number;
}

/**
 * Runs git, whatever the machine, the user or the repository has set: no hook, filter, submodule or setting of
 * anybody's takes part, and no other address is reached than the remote's. A bad exit code is no error here.
 */
export async function runGit(
  place: GitPlace,
  args: string[],
  options: GitOptions = {},
): Promise<CommandResult> {
  const { remote, repository } = options;
  const command = [
    ...[
      "/bin/sh",
      path.join(scripts, "limited.sh"),
      String(Math.ceil(place.limitBytes / 512)),
      String(cpuSeconds),
    ],
    ...["git", ...isolation, ...(remote ? remoteSettings(remote) : []), ...args],
  ];
  return runBounded({
    command: place.asUser?.wrap(command) ?? command,
    cwd: place.folder,
    env: { ...environment(place.folder, repository), ...options.env },
    stdin: remote?.login && credentialReply(remote.login),
    timeLimitMs: place.timeLimitMs ?? 120_000,
    keepBytes: options.keepBytes,
    signal: place.signal,
  });
}

/** @throws unavailable where git is too old, or not there. */
export async function requireGit(place: Pick<GitPlace, "folder" | "signal">): Promise<void> {
  const { stdout, stderr, code } = await runBounded({
    command: ["git", "--version"],
    cwd: place.folder,
    env: environment(place.folder, undefined),
    timeLimitMs: 10_000,
    signal: place.signal,
  });
  const [major = 0, minor = 0] = stdout.match(/\d+/g)?.map(Number) ?? [];
  if (code === 0 && (major > oldestGit[0] || (major === oldestGit[0] && minor >= oldestGit[1]))) return;
  throw new RoostError(
    "unavailable",
    `This needs git ${oldestGit.join(".")} or newer on this machine; found: ${(stdout || stderr).trim()}.`,
  );
}

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

function remoteSettings({ url, target, login }: GitRemote): string[] {
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
    HOME: folder,
    XDG_CONFIG_HOME: folder,
    LC_ALL: "C",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_PROTOCOL_FROM_USER: "0",
    GIT_TEMPLATE_DIR: "",
    GIT_CEILING_DIRECTORIES: folder,
    ...(repository && { GIT_DIR: repository }),
    ...(base.SSL_CERT_FILE && { GIT_SSL_CAINFO: base.SSL_CERT_FILE }),
  };
}

/** Git reads `key=value` lines; a line break inside a value would be a second key. */
function credentialReply({ username, password }: GitLogin): string {
  return `username=${username}\npassword=${password}\n`;
}
