import { execFileSync, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { programPath, reasonToSkip } from "../../../toolchain/suites/possible.mjs";

/** Undefined when OpenSSH's server and tools are here; else why the suite is skipped. In CI that throws. */
export function reasonWithoutSshd(): string | undefined {
  const reason = reasonToSkip("sshd", "ssh");
  if (reason) console.log(`skipped: ${reason}`);
  return reason;
}

export type KeyType = "ed25519" | "rsa" | "ecdsa";

/** What a server is started with, and what its clients need. */
export interface SshdFiles {
  user: string;
  /** Path of its configuration. */
  configuration: string;
  /** Room for a test's own files. */
  folder: string;
  /** Public host keys as lines, by type. */
  hostKeys: Record<KeyType, string>;
  /** Login keys: text of the private keys; "encrypted" has the passphrase "open sesame". */
  keys: Record<KeyType | "encrypted", string>;
}

export interface Sshd extends Omit<SshdFiles, "configuration"> {
  port: number;
  /** What belongs under `connection`, pinned to the ed25519 host key. */
  connection: { host: string; port: number; user: string; hostKey: string; privateKey: string };
  /** Connections accepted so far. */
  accepted(): number;
  stop(): Promise<void>;
}

/**
 * Keys and configuration of an OpenSSH server that the current user may start, in a folder of its own.
 * @param options lines that are added to its configuration
 */
export async function makeSshdFiles(options: string[] = []): Promise<SshdFiles> {
  const folder = await mkdtemp(join(tmpdir(), "sshd-test-"));
  const types: KeyType[] = ["ed25519", "rsa", "ecdsa"];
  for (const type of types) makeKey(join(folder, `host-${type}`), type);
  for (const type of types) makeKey(join(folder, `login-${type}`), type);
  makeKey(join(folder, "login-encrypted"), "ed25519", "open sesame");
  const text = (name: string): Promise<string> => readFile(join(folder, name), "utf8");
  const logins = [...types, "encrypted"] as const;
  const authorized = await Promise.all(logins.map((name) => text(`login-${name}.pub`)));
  await writeFile(join(folder, "authorized"), authorized.join(""));
  const lines = [
    ...types.map((type) => `HostKey ${join(folder, `host-${type}`)}`),
    `AuthorizedKeysFile ${join(folder, "authorized")}`,
    "StrictModes no",
    "PasswordAuthentication no",
    "PermitRootLogin yes",
    "UsePAM no",
    "AllowTcpForwarding yes",
    "Subsystem sftp internal-sftp",
    "PidFile none",
    ...options,
  ];
  const configuration = join(folder, "config");
  await writeFile(configuration, `${lines.join("\n")}\n`);
  // Started by root, the server wants this folder, which its service unit otherwise makes.
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const publicKeys = await Promise.all(types.map(async (type) => [type, await text(`host-${type}.pub`)]));
  const privateKeys = await Promise.all(logins.map(async (name) => [name, await text(`login-${name}`)]));
  return {
    user: userInfo().username,
    configuration,
    folder,
    hostKeys: Object.fromEntries(publicKeys) as Sshd["hostKeys"],
    keys: Object.fromEntries(privateKeys) as Sshd["keys"],
  };
}

/**
 * A real OpenSSH server for the current user, with keys and configuration of its own, on a port chosen by the
 * system: each accepted socket is handed to an `sshd -i`.
 * @param options lines that are added to its configuration
 */
export async function startSshd(options: string[] = []): Promise<Sshd> {
  const { configuration, ...files } = await makeSshdFiles(options);
  const program = programPath("sshd") ?? "";
  let accepted = 0;
  const children = new Set<ReturnType<typeof spawn>>();
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    accepted++;
    const args = ["-i", "-e", "-f", configuration];
    const child = spawn(program, args, { stdio: [socket, socket, "ignore"] });
    children.add(child);
    child.once("exit", () => children.delete(child));
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = (server.address() as AddressInfo).port;
  const { user, hostKeys, keys, folder } = files;
  return {
    ...files,
    port,
    connection: { host: "127.0.0.1", port, user, hostKey: hostKeys.ed25519, privateKey: keys.ed25519 },
    accepted: () => accepted,
    stop: async () => {
      await new Promise((resolve) => server.close(resolve));
      for (const child of children) child.kill("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function makeKey(path: string, type: KeyType, passphrase = ""): void {
  execFileSync("ssh-keygen", ["-q", "-t", type, "-N", passphrase, "-f", path, "-C", "test"]);
}
