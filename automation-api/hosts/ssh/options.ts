import { createHmac, randomBytes } from "node:crypto";
import path from "node:path";
import { readPublicKey } from "../../credentials/service.ts";
import { HostError, type HostFault, type SshTarget } from "./contract.ts";

/** Where the files of one connection are. All in a folder that is ours alone, with names free of blanks. */
export interface ConnectionFiles {
  control: string;
  knownHosts: string;
  publicKey: string;
  /** A pipe; there only while a password is asked for. */
  answers: string;
}

const signaturesOf: Record<string, string> = { "ssh-rsa": "rsa-sha2-512,rsa-sha2-256" };
/**
 * All but one: sntrup, which OpenSSH 8.5 to 9.8 prefer, takes a tenth of a second of processor a login. From 9.9 on
 * they agree on ML-KEM, which keeps a recording secret from later computers too and costs nothing.
 */
const keyExchange = "-sntrup761*";
/** A host that leaves so many questions in a row unanswered has gone. */
const aliveCount = 3;
/** For the connection, and again for the first words over it. */
export const connectSeconds = 10;
/** Its standard input and output are the connection. */
const connected = "-";
/** What ssh says on standard error once the login is done and the socket is there. */
export const ready = "ready";

/** What a password is hashed with here: names of files tell nothing of it. */
const salt = randomBytes(32);

/** Two targets with the same key may share a connection: same machine, pinned key, login and way. */
export function connectionKey(target: SshTarget): string {
  const { id, address, port, user, hostKey, login, bastion } = target;
  const way = bastion ? connectionKey(bastion) : "";
  const by = "password" in login ? login.password : login.publicKey;
  const parts = JSON.stringify([id, address, port, user, hostKey, by, way]);
  return createHmac("sha256", salt).update(parts).digest("hex").slice(0, 16);
}

export function filesOf(folder: string, key: string): ConnectionFiles {
  const at = (end: string) => path.join(folder, `${key}.${end}`);
  return { control: at("s"), knownHosts: at("known"), publicKey: at("pub"), answers: at("answers") };
}

/**
 * Arguments of the ssh that logs in and then serves channels, over a connection that it is given or through a
 * bastion's. Nothing comes from the configuration of the machine or its user; the only host key that is accepted is
 * the pinned one. Pure.
 * @param how `aliveSeconds`: how often a silent host is asked whether it is there; `way`: socket of the bastion's connection.
 */
export function masterArguments(
  target: SshTarget,
  files: ConnectionFiles,
  agentSocket: string,
  { aliveSeconds, way }: { aliveSeconds: number; way?: { control: string; address: string } },
): string[] {
  const type = target.hostKey.split(" ")[0] as string;
  const options: Record<string, string | number> = {
    ForwardAgent: "no",
    ForwardX11: "no",
    RequestTTY: "no",
    EscapeChar: "none",
    LogLevel: "ERROR",
    ControlMaster: "yes",
    ControlPath: files.control,
    ControlPersist: "no",
    PermitLocalCommand: "yes",
    LocalCommand: `echo ${ready} >&2`,
    HostKeyAlias: target.id,
    KexAlgorithms: keyExchange,
    HostKeyAlgorithms: signaturesOf[type] ?? type,
    UserKnownHostsFile: files.knownHosts,
    GlobalKnownHostsFile: "/dev/null",
    StrictHostKeyChecking: "yes",
    UpdateHostKeys: "no",
    VerifyHostKeyDNS: "no",
    ...("password" in target.login ? byPassword : byKey(files.publicKey, agentSocket)),
    ConnectTimeout: connectSeconds,
    ServerAliveInterval: aliveSeconds,
    ServerAliveCountMax: aliveCount,
    ProxyCommand: way ? proxyCommand(way) : connected,
  };
  const place = ["-p", String(target.port), "-l", target.user, "--", target.address];
  return ["ssh", "-F", "none", ...flags(options), "-N", "-T", ...place];
}

function byKey(publicKey: string, agentSocket: string): Record<string, string> {
  return {
    BatchMode: "yes",
    PreferredAuthentications: "publickey",
    IdentitiesOnly: "yes",
    IdentityFile: publicKey,
    IdentityAgent: agentSocket,
  };
}

/** Its questions are answered by answer.sh alone: there is no terminal. */
const byPassword = {
  BatchMode: "no",
  PreferredAuthentications: "password,keyboard-interactive",
  PubkeyAuthentication: "no",
  NumberOfPasswordPrompts: 1,
};

/** Where the socket is gone, ssh would dial anew without our options: this makes that fail. */
const dialNothing = "false";

/** Run by a shell, which ssh makes it take the place of: holds a path of ours and an address, whose letters the contract limits. */
function proxyCommand({ control, address }: { control: string; address: string }): string {
  return `ssh -F none -o BatchMode=yes -o ControlPath=${control} -o ProxyCommand=${dialNothing} -W [%h]:%p -- ${address}`;
}

function flags(options: Record<string, string | number>): string[] {
  return Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
}

/** How sshd's MaxStartups, and what penalizes addresses, look from here. */
const turnedAway = /kex_exchange_identification|not allowed at this time/i;

const said: [RegExp, HostFault, string][] = [
  [
    /host key verification failed|host identification has changed|no matching host key type/i,
    "host-key",
    "It showed another host key than the pinned one.",
  ],
  [/permission denied|too many authentication failures/i, "authentication", "It refused the login."],
  [/could not resolve hostname|ENOTFOUND|EAI_AGAIN/i, "unreachable", "Its name cannot be resolved."],
  [/connection refused|ECONNREFUSED/i, "unreachable", "Nothing listens at its address and port."],
  [
    turnedAway,
    "unreachable",
    "It hung up before the login: too many log in at once (MaxStartups), or it bars this address.",
  ],
  [/timed out|not responding|ETIMEDOUT/i, "unreachable", "It does not answer."],
  [
    /no route to host|network is unreachable|EHOSTUNREACH|ENETUNREACH/i,
    "unreachable",
    "There is no way to its address.",
  ],
];

/** What ssh's last words, or the code of an error of the system, mean when it could not log in. Pure. */
export function loginError(
  { name, hostKey, bastion }: Pick<SshTarget, "name" | "hostKey" | "bastion">,
  words: string,
): HostError {
  const found = said.find(([pattern]) => pattern.test(words));
  const [, fault, message] = found ?? [
    null,
    "unreachable" as const,
    "The connection ended before the login.",
  ];
  const isPassing = turnedAway.test(words);
  const shown = /SHA256:[A-Za-z0-9+/]{43}/.exec(words)?.[0];
  if (fault === "host-key" && shown) {
    const pinned = readPublicKey(hostKey, "hostKey").fingerprint;
    return new HostError(fault, `${name}: It showed the host key ${shown}, and is pinned to ${pinned}.`);
  }
  // What hangs up may be the bastion, which does not say why.
  if (bastion && fault === "unreachable" && isPassing) {
    const either = `It hung up before the login, or its bastion ${bastion.name} got no connection to it.`;
    return new HostError(fault, `${name}: ${either}`, { isPassing });
  }
  return new HostError(fault, `${name}: ${message}`, { isPassing });
}
