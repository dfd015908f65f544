import { readFile } from "node:fs/promises";
import path from "node:path";
import { isLoopback } from "../config.ts";
import { RoostError } from "../errors.ts";
import type { Context } from "./context.ts";
import { credentialsPath, readCredentials } from "./credentials-file.ts";

/** A server to talk to, and how it was found: what a person is told when it does not answer. */
export interface Connection {
  /** Scheme, host and port. */
  origin: string;
  token: string | undefined;
  addressFrom: string;
  tokenFrom: string;
}

export interface ConnectionFlags {
  url?: string;
  /** A token may travel by http to another machine. */
  plainHttp?: boolean;
}

/**
 * Finds address and token. Address: --url, ROOST_URL, the last login, a server
 * started here. Token: ROOST_TOKEN, the login at exactly this address, the
 * admin token of a server started here.
 * @throws invalid for an address that is none, or where the token would travel in clear.
 */
export async function findConnection(
  flags: ConnectionFlags,
  context: Pick<Context, "env" | "home" | "projectFolder">,
): Promise<Connection> {
  const kept = await readCredentials(context);
  const here = localOrigin(context.env);
  const [address, addressFrom] = flags.url
    ? [flags.url, "--url"]
    : context.env.ROOST_URL
      ? [context.env.ROOST_URL, "ROOST_URL"]
      : kept.current
        ? [kept.current, "the last `roost login`"]
        : [here, "the settings of this machine"];
  const origin = originOf(address, addressFrom);
  const [token, tokenFrom] = await findToken(origin, { kept, here, flags, context });
  if (token && origin.startsWith("http:") && !isLoopbackOrigin(origin) && !flags.plainHttp) {
    throw new RoostError(
      "invalid",
      `The token would travel in clear to ${origin}: use https, or --plain-http where the network is yours.`,
    );
  }
  return { origin, token, addressFrom, tokenFrom };
}

/** @throws invalid when it is no address of a server. */
export function originOf(address: string, from: string): string {
  const url = URL.parse(address.includes("://") ? address : `https://${address}`);
  if (!url || (url.protocol !== "https:" && url.protocol !== "http:") || url.username || url.password) {
    throw new RoostError(
      "invalid",
      `${from}: expected the address of a server, such as https://roost.example.com`,
    );
  }
  return url.origin;
}

export function isLoopbackOrigin(origin: string): boolean {
  return isLoopback(new URL(origin).hostname.replace(/^\[(.*)\]$/, "$1"));
}

interface TokenSearch {
  kept: Awaited<ReturnType<typeof readCredentials>>;
  here: string;
  flags: ConnectionFlags;
  context: Pick<Context, "env" | "home" | "projectFolder">;
}

async function findToken(
  origin: string,
  { kept, here, flags, context }: TokenSearch,
): Promise<[string | undefined, string]> {
  const { ROOST_TOKEN: given, ROOST_URL: givenFor } = context.env;
  // A token in the environment belongs to the address beside it, not to one that a flag names.
  const elsewhere = flags.url && givenFor && originOf(givenFor, "ROOST_URL") !== origin;
  if (given && !elsewhere) return [given, "ROOST_TOKEN"];
  const login = kept.servers[origin];
  if (login) return [login.token, credentialsPath(context)];
  if (isSameMachine(origin, here)) {
    const file = path.join(dataFolder(context), "admin-token");
    const own = await readFile(file, "utf8").catch(() => undefined);
    if (own) return [own.trim(), file];
  }
  return [undefined, "none was found"];
}

/** Data folder of a server that is started here. */
export function dataFolder({ env, projectFolder, home }: Pick<Context, "env" | "projectFolder" | "home">) {
  const given = env.ROOST_DATA_DIR;
  if (!given) return path.join(projectFolder, ".roost");
  return path.resolve(given.startsWith("~/") ? path.join(home, given.slice(2)) : given);
}

/** The address that a server started here has by its settings. */
function localOrigin(env: Context["env"]): string {
  if (env.ROOST_PUBLIC_URL) return originOf(env.ROOST_PUBLIC_URL, "ROOST_PUBLIC_URL");
  const scheme = env.ROOST_TLS_CERT ? "https" : "http";
  const host = env.ROOST_HOST && isLoopback(env.ROOST_HOST) ? env.ROOST_HOST : "127.0.0.1";
  return new URL(`${scheme}://${host.includes(":") ? `[${host}]` : host}:${env.ROOST_PORT || 8000}`).origin;
}

/** `localhost` and `127.0.0.1` are the same server when the port is. */
function isSameMachine(origin: string, here: string): boolean {
  if (origin === here) return true;
  const [one, two] = [new URL(origin), new URL(here)];
  return isLoopbackOrigin(origin) && isLoopbackOrigin(here) && one.port === two.port;
}
