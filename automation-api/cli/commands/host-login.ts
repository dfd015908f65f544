import type { Command } from "commander";
import { credential as credentialSchema } from "../../credentials/contract.ts";
import { invalid } from "../../errors.ts";
import { type Host, type NewHost, type ShownHostKeys, shownHostKeys } from "../../hosts/contract.ts";
import type { Client } from "../client.ts";
import { parseSecretSource, SecretReader, secretSourceHelp } from "../secret-source.ts";
import type { Session } from "../session.ts";

/** Which key a host is pinned to. */
export interface PinFlags {
  hostKey?: string;
  fingerprint?: string;
  firstUse?: boolean;
}

export function withPin(command: Command): Command {
  return command
    .option("--host-key <line>", "its host key, `ssh-ed25519 AAAA…`, as the host's console shows it")
    .option("--fingerprint <SHA256:…>", "take the key that it shows if it has this fingerprint")
    .option("--first-use", "take the key that it shows, whoever answers; its fingerprint is printed");
}

/** The pinned key that the flags name; undefined where they name none. @throws invalid for several. */
export async function pinOf(
  client: Client,
  { address, port }: { address: string; port: number },
  { hostKey, fingerprint, firstUse }: PinFlags,
): Promise<Pick<NewHost, "hostKey" | "hostKeyTrust"> | undefined> {
  const given = [hostKey, fingerprint, firstUse].filter((flag) => flag !== undefined);
  if (given.length === 0) return undefined;
  if (given.length > 1) throw onePin();
  if (hostKey !== undefined) return { hostKey, hostKeyTrust: "verified" };
  const path = "/api/v1/hosts/host-key";
  const shown = await client.send({ method: "POST", path, body: { address, port }, reply: shownHostKeys });
  if (fingerprint === undefined) return { hostKey: best(shown).line, hostKeyTrust: "first-use" };
  const match = shown.keys.find((key) => key.fingerprint === fingerprint);
  if (match) return { hostKey: match.line, hostKeyTrust: "verified" };
  const others = shown.keys.map((key) => `${key.type} ${key.fingerprint}`).join(", ");
  throw invalid("--fingerprint", `the machine shows other keys than ${fingerprint}: ${others}`);
}

export function onePin(): Error {
  return invalid("--host-key", "give one of --host-key, --fingerprint and --first-use");
}

function best({ keys, address }: ShownHostKeys): ShownHostKeys["keys"][number] {
  const [first] = keys;
  if (!first) throw invalid("--first-use", `${address} shows no key`);
  return first;
}

export const sudoHelp = "run everything there by `sudo -n`, which has to ask for no password";

/** What a host is logged in to with. */
export interface KeyFlags {
  credential?: string;
  privateKey?: string;
  password?: string;
}

export function withKey(command: Command): Command {
  return command
    .option("--credential <id>", "the SSH key or password to log in with, which the server has already")
    .option("--private-key <source>", `give the server the SSH key to log in with: ${secretSourceHelp}`)
    .option(
      "--password <source>",
      "give the server the password to log in with, from where a key may come from",
    );
}

/** The key or the password that the flags say where to find; undefined where they name none. */
export async function readLogin(
  { context }: Session,
  { privateKey, password }: Pick<KeyFlags, "privateKey" | "password">,
): Promise<{ privateKey: string } | { password: string } | undefined> {
  const read = (text: string, flag: string, label: string) =>
    new SecretReader(context).read(parseSecretSource(text, flag), label);
  if (privateKey !== undefined) return { privateKey: await read(privateKey, "--private-key", "Private key") };
  return password === undefined ? undefined : { password: await read(password, "--password", "Password") };
}

/**
 * Does what needs the credential of the flags, which is stored for it where it is new, and forgotten again when that
 * fails.
 * @param of what a new one is called after.
 */
export async function withCredential<T>(
  session: Session,
  client: Client,
  flags: KeyFlags,
  of: string,
  work: (credential: string | undefined) => Promise<T>,
): Promise<T> {
  const given = [flags.credential, flags.privateKey, flags.password].filter((flag) => flag !== undefined);
  if (given.length > 1)
    throw invalid("--credential", "give one of --credential, --private-key and --password");
  const login = await readLogin(session, flags);
  if (login === undefined) return work(flags.credential);
  const body = { name: `login to ${of}`, kind: "ssh", ...login };
  const path = "/api/v1/credentials";
  const { id } = await client.send({ method: "POST", path, body, reply: credentialSchema });
  try {
    return await work(id);
  } catch (error) {
    await client.send({ method: "DELETE", path: `${path}/${id}` });
    throw error;
  }
}

/** `ops@10.0.0.5:2222`; an IPv6 address with a port stands in brackets. */
export function parseLogin(text: string): { user: string; address: string; port: number } {
  const [, user, bracketed, plain, port] =
    /^([^@]+)@(?:\[([^\]]+)\]|([^@]+?))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = bracketed ?? plain;
  if (user === undefined || address === undefined) throw invalid("login", "expected user@address:port");
  // fe80::1 ends in what could be a port.
  if (plain?.includes(":"))
    return { user, address: port === undefined ? plain : `${plain}:${port}`, port: 22 };
  return { user, address, port: port === undefined ? 22 : Number(port) };
}

export function loginOf({ user, address, port }: Pick<Host, "user" | "address" | "port">): string {
  return `${user}@${address}${port === 22 ? "" : `:${port}`}`;
}
