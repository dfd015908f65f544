import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import ssh2, { type AnyAuthMethod, type Client } from "ssh2";
import type { Context, Value } from "../provider/index.ts";
import { type Hop, readConnection } from "./connection-inputs.ts";
import { parseHostKey } from "./host-key.ts";
import { heldLogin } from "./logins.ts";

const firstPauseMilliseconds = 100;
const longestPauseMilliseconds = 5_000;
/** A cancelled command's signals go through the connection, which is therefore cut a little later. */
const graceMilliseconds = 900;
/** A server that answers nothing for so long has gone: what runs there is told of as lost. */
const aliveMilliseconds = 5_000;
const aliveCount = 3;
const lastWordsMilliseconds = 100;

/** The server is not the one that was asked for, or the login data cannot be read: trying again cannot help. */
class Refused extends Error {}

/** Connects, runs `body` with the connected client, and disconnects. An abort cuts the connection. */
export async function withConnection<T>(
  context: Context,
  connection: Value | undefined,
  body: (client: Client) => Promise<T>,
): Promise<T> {
  const inputs = readConnection(connection);
  const opened: Client[] = [];
  try {
    const proxy = inputs.proxy && (await dial(context, inputs.proxy, "proxy ", opened));
    const client = await dial(context, inputs, "", opened, proxy);
    return await Promise.race([body(client), lost(context, client, `${inputs.host}:${inputs.port}`)]);
  } finally {
    for (const client of opened.reverse()) client.end();
  }
}

/** Never resolves. @throws when the connection ends by itself, with what ended it. */
function lost({ signal }: Context, client: Client, address: string): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  let cause: Error | undefined;
  const tell = (): void =>
    reject(
      signal.aborted
        ? signal.reason
        : new Error(`${address}: the connection was lost${cause ? `: ${cause.message}` : ""}`, { cause }),
    );
  client.once("error", (error) => {
    cause = error;
  });
  // A command whose end came with the connection's has ended well: it is heard first.
  client.once("close", () => setTimeout(tell, lastWordsMilliseconds));
  promise.catch(() => undefined);
  return promise;
}

async function dial(
  context: Context,
  hop: Hop,
  role: string,
  opened: Client[],
  proxy?: Client,
): Promise<Client> {
  const limit = hop.dialErrorLimit;
  let pause = firstPauseMilliseconds;
  for (let failures = 1; ; failures++) {
    context.signal.throwIfAborted();
    try {
      const client = await connect(context, hop, proxy);
      opened.push(client);
      return client;
    } catch (cause) {
      context.signal.throwIfAborted();
      const reason = cause instanceof Error ? cause.message : String(cause);
      const address = `${role}${hop.host}:${hop.port}`;
      if (cause instanceof Refused) throw new Error(`${address}: ${reason}`, { cause });
      if (limit >= 0 && failures > limit) {
        throw new Error(`${address}: after ${failures} failed attempts: ${reason}`, { cause });
      }
      const count = `${failures}/${limit < 0 ? "unlimited" : limit}`;
      context.log("info", `connecting to ${address} failed (${count}), trying again: ${reason}`);
      await delay(pause, undefined, { signal: context.signal });
      pause = Math.min(pause * 1.5, longestPauseMilliseconds);
    }
  }
}

async function connect(context: Context, hop: Hop, proxy: Client | undefined): Promise<Client> {
  const hostKey = hop.hostKey === undefined ? undefined : readOrRefuse(() => parseHostKey(hop.hostKey ?? ""));
  const methods = readOrRefuse(() => authenticationMethods(hop));
  const sock = proxy && (await forward(proxy, hop));
  const client = new ssh2.Client();
  let stranger = false;
  return new Promise((resolve, reject) => {
    let cut: NodeJS.Timeout | undefined;
    let connected = false;
    const abort = (): void => {
      if (connected) cut = setTimeout(() => client.destroy(), graceMilliseconds);
      else client.destroy();
    };
    context.signal.addEventListener("abort", abort, { once: true });
    client.once("ready", () => {
      connected = true;
      resolve(client);
    });
    client.on("error", (error) => {
      reject(stranger ? new Refused("its host key is not the expected one", { cause: error }) : error);
    });
    client.once("close", () => {
      clearTimeout(cut);
      context.signal.removeEventListener("abort", abort);
      reject(context.signal.aborted ? context.signal.reason : new Error("the connection was closed"));
    });
    // A server that asks questions is answered with the password, as one that takes it directly.
    client.on("keyboard-interactive", (_name, _instructions, _language, prompts, finish) =>
      finish(prompts.map(() => hop.password ?? "")),
    );
    client.connect({
      host: hop.host,
      port: hop.port,
      username: hop.user,
      readyTimeout: hop.perDialTimeoutSeconds * 1_000,
      keepaliveInterval: aliveMilliseconds,
      keepaliveCountMax: aliveCount,
      ...(sock && { sock }),
      ...(hostKey && {
        algorithms: { serverHostKey: hostKey.algorithms },
        hostVerifier: (key: Buffer) => {
          stranger = !key.equals(hostKey.bytes);
          return !stranger;
        },
      }),
      authHandler: methods,
    });
  });
}

function authenticationMethods(hop: Hop): AnyAuthMethod[] {
  const { user: username, privateKey, privateKeyPassword, password, agentSocketPath } = hop;
  const methods: AnyAuthMethod[] = [];
  if (privateKey !== undefined) {
    const key = ssh2.utils.parseKey(privateKey, privateKeyPassword);
    if (key instanceof Error) throw new Error(`privateKey cannot be read: ${key.message}`);
    methods.push({ type: "publickey", username, key: privateKey, passphrase: privateKeyPassword });
  }
  if (password !== undefined) methods.push(...byPassword(username, password));
  const login = agentSocketPath === undefined ? undefined : heldLogin(agentSocketPath);
  if (login && "password" in login) methods.push(...byPassword(username, login.password));
  else if (login) methods.push({ type: "publickey", username, key: login.privateKey });
  else if (agentSocketPath !== undefined) methods.push({ type: "agent", username, agent: agentSocketPath });
  return methods.length > 0 ? methods : [{ type: "none", username }];
}

/** A server that asks questions is answered with the password, as one that takes it directly. */
function byPassword(username: string, password: string): AnyAuthMethod[] {
  return [
    { type: "password", username, password },
    {
      type: "keyboard-interactive",
      username,
      prompt: (_name, _instructions, _language, prompts, finish) => finish(prompts.map(() => password)),
    },
  ];
}

function forward(proxy: Client, hop: Hop): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    proxy.forwardOut("127.0.0.1", 0, hop.host, hop.port, (error, stream) =>
      error ? reject(error) : resolve(stream),
    );
  });
}

function readOrRefuse<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new Refused(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
