import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { setTimeout as delay } from "node:timers/promises";
import { baseEnvironment, type Child, launch } from "../../../plugins/process/index.ts";
import type { HostLogin } from "../../credentials/service.ts";
import { KeyAgent } from "./agent.ts";
import { type Answers, offerPassword } from "./answers.ts";
import { Channels, untilAborted } from "./channels.ts";
import { HostError, type RemoteOutput, type RemoteRun, type SshTarget } from "./contract.ts";
import { dial } from "./dial.ts";
import {
  type ConnectionFiles,
  connectionKey,
  filesOf,
  loginError,
  masterArguments,
  ready,
} from "./options.ts";
import { runOver } from "./session.ts";

/** sshd's MaxSessions is 10 by default; two are left for people. */
const channelsPerHost = 8;
/** Longer than the usual time between two samples of a host. */
const idleMilliseconds = 90_000;
/** A machine that took the connection and then says nothing does not hold us longer. */
const loginMilliseconds = 20_000;
/** A host at which too many log in at once is tried again after each of these. */
const pausesMilliseconds = [300, 700, 1500];
const defaultAliveSeconds = 5;
const defaultDeadlineMilliseconds = 30_000;
const defaultCapBytes = 4 * 1024 * 1024;
const keptLetters = 4096;

interface Connection {
  key: string;
  files: ConnectionFiles;
  channels: Channels;
  ready: Promise<void>;
  master?: Child;
  /** The connection that this one goes through. */
  way?: Connection;
  /** Scripts that run or wait, and connections that go through it. */
  users: number;
  idle?: NodeJS.Timeout;
  ended: boolean;
}

/**
 * One connection per host, logged in to once and shared by up to 8 scripts at a time; closed after 90 s
 * without work. Only reads go this way: what changes a host is a resource of a stack.
 */
export class HostConnections {
  readonly #connections = new Map<string, Connection>();
  readonly #idleMilliseconds: number;
  readonly #aliveSeconds: number;
  #place: Promise<{ folder: string; agent: KeyAgent }> | undefined;
  #logins = 0;

  /** @param options `aliveSeconds`: a host that answers nothing for three times this long has gone. */
  constructor({
    idleMs = idleMilliseconds,
    aliveSeconds = defaultAliveSeconds,
  }: {
    idleMs?: number;
    aliveSeconds?: number;
  } = {}) {
    this.#idleMilliseconds = idleMs;
    this.#aliveSeconds = aliveSeconds;
  }

  /**
   * Runs a script on a host.
   * @throws HostError unreachable, host-key, authentication, deadline, output-cap or remote-exit.
   */
  async run(target: SshTarget, run: RemoteRun): Promise<RemoteOutput> {
    const { deadlineMs = defaultDeadlineMilliseconds } = run;
    const deadline = AbortSignal.timeout(deadlineMs);
    const signal = run.signal ? AbortSignal.any([deadline, run.signal]) : deadline;
    const connection = this.#hold(target);
    try {
      await untilAborted(connection.ready, signal);
      await connection.channels.take(signal);
      try {
        return await runScript(target, connection.files, run, signal);
      } catch (error) {
        // Whether its ssh has ended yet or not: the next caller dials anew.
        if (error instanceof HostError && error.fault === "unreachable") this.#end(connection);
        throw error;
      } finally {
        connection.channels.give();
      }
    } catch (error) {
      run.signal?.throwIfAborted();
      if (deadline.aborted && error === deadline.reason)
        throw new HostError("deadline", `${target.name}: It took longer than ${deadlineMs / 1000} s.`);
      throw error;
    } finally {
      this.#release(connection);
    }
  }

  /** Ends every connection and the agent. */
  async close(): Promise<void> {
    for (const connection of this.#connections.values()) this.#end(connection);
    const place = await this.#place?.catch(() => undefined);
    if (!place) return;
    place.agent.close();
    await rm(place.folder, { recursive: true, force: true });
  }

  #hold(target: SshTarget): Connection {
    const key = connectionKey(target);
    const connection = this.#connections.get(key) ?? this.#open(key, target);
    connection.users++;
    clearTimeout(connection.idle);
    return connection;
  }

  #release(connection: Connection): void {
    connection.users--;
    if (connection.users > 0 || connection.ended) return;
    connection.idle = setTimeout(() => this.#end(connection), this.#idleMilliseconds).unref();
  }

  #open(key: string, target: SshTarget): Connection {
    const connection: Connection = {
      key,
      files: { control: "", knownHosts: "", publicKey: "", answers: "" },
      channels: new Channels(channelsPerHost),
      ready: Promise.resolve(),
      users: 0,
      ended: false,
    };
    this.#connections.set(key, connection);
    connection.ready = this.#logIn(target, connection);
    // A failed one is dialled anew by the next caller; those who wait for this one see its error.
    connection.ready.catch(() => this.#end(connection));
    return connection;
  }

  async #logIn(target: SshTarget, connection: Connection): Promise<void> {
    this.#place ??= makePlace();
    const { folder, agent } = await this.#place;
    // Each login has files of its own: the socket that an ended ssh removes late is never the next one's.
    const files = filesOf(folder, `${connection.key}-${this.#logins++}`);
    connection.files = files;
    await writeFile(files.knownHosts, `${target.id} ${target.hostKey}\n`, { mode: 0o600 });
    if ("publicKey" in target.login)
      await writeFile(files.publicKey, `${target.login.publicKey}\n`, { mode: 0o600 });
    if (target.bastion) {
      connection.way = this.#hold(target.bastion);
      await connection.way.ready;
    }
    const way = connection.way && {
      control: connection.way.files.control,
      address: target.bastion?.address ?? "",
    };
    const how = { aliveSeconds: this.#aliveSeconds, way };
    const command = masterArguments(target, files, agent.socket, how);
    // What ssh runs by a shell is run by this one: bash would read its user's files first, since its input is a socket.
    const env = { ...baseEnvironment(), SHELL: "/bin/sh" };
    for (const pause of [...pausesMilliseconds, undefined]) {
      const { socket, answers } = await dialWithLogin(target, offer(target.login, agent, files.answers));
      if (connection.ended) {
        socket?.destroy();
        await answers.close();
        throw new HostError("unreachable", `${target.name}: The connections are being closed.`);
      }
      const master = launch({ command, cwd: folder, env: { ...env, ...answers.environment }, socket });
      connection.master = master;
      try {
        await loggedIn(target, master);
        master.exited.catch(() => undefined).then(() => this.#end(connection));
        return;
      } catch (error) {
        const isPassing = error instanceof HostError && error.isPassing;
        if (!isPassing || pause === undefined) throw error;
        await delay(pause);
      } finally {
        await answers.close();
      }
    }
  }

  #end(connection: Connection): void {
    if (connection.ended) return;
    connection.ended = true;
    clearTimeout(connection.idle);
    if (this.#connections.get(connection.key) === connection) this.#connections.delete(connection.key);
    connection.master?.kill("SIGTERM");
    const { control, knownHosts, publicKey } = connection.files;
    for (const file of [control, knownHosts, publicKey]) if (file) void rm(file, { force: true });
    if (connection.way) this.#release(connection.way);
  }
}

async function makePlace(): Promise<{ folder: string; agent: KeyAgent }> {
  // Short, since the path of a socket has 107 letters at most; open to us alone.
  const folder = await mkdtemp(path.join(tmpdir(), "roost-ssh-"));
  return { folder, agent: new KeyAgent(folder) };
}

/** What ssh logs in with: a key that our agent has, or answers to its questions. */
async function offer(login: HostLogin, agent: KeyAgent, pipe: string): Promise<Answers> {
  if ("password" in login) return offerPassword(pipe, login.password);
  await agent.add(login);
  return { environment: {}, close: async () => {} };
}

/** At the same time: the host begins its part while the login is prepared. No socket: the way is a bastion's. */
async function dialWithLogin(
  target: SshTarget,
  offering: Promise<Answers>,
): Promise<{ socket: Socket | undefined; answers: Answers }> {
  const dialling = target.bastion ? undefined : dial(target);
  const [dialled, offered] = await Promise.allSettled([dialling, offering]);
  if (dialled.status === "fulfilled" && offered.status === "fulfilled")
    return { socket: dialled.value, answers: offered.value };
  if (offered.status === "fulfilled") await offered.value.close();
  if (dialled.status === "rejected") throw loginError(target, String(dialled.reason.code));
  dialled.value?.destroy();
  throw (offered as PromiseRejectedResult).reason;
}

async function loggedIn(target: SshTarget, master: Child): Promise<void> {
  const { promise: isReady, resolve } = Promise.withResolvers<void>();
  const words = readLast(master.stderr, (text) => {
    if (text.split("\n").includes(ready)) resolve();
  });
  const ended = master.exited.then(async () => {
    throw loginError(target, await words);
  });
  // An end after the login is no login's error.
  ended.catch(() => undefined);
  const limit = setTimeout(() => master.kill("SIGKILL"), loginMilliseconds);
  try {
    await Promise.race([isReady, ended]);
  } finally {
    clearTimeout(limit);
  }
}

async function runScript(
  { name, sudo = false }: SshTarget,
  { control }: ConnectionFiles,
  { script, capBytes = defaultCapBytes }: RemoteRun,
  signal: AbortSignal,
): Promise<RemoteOutput> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let stderr = "";
  const decoder = new StringDecoder("utf8");
  const request = {
    // Its text stands in no command line, here or there.
    command: sudo ? "exec sudo -n /bin/sh -s" : "exec /bin/sh -s",
    stdin: script,
    onStdout(chunk: Buffer) {
      bytes += chunk.length;
      if (bytes > capBytes)
        throw new HostError("output-cap", `${name}: More than ${capBytes} bytes of output.`);
      chunks.push(chunk);
    },
    onStderr(chunk: Buffer) {
      stderr = (stderr + decoder.write(chunk)).slice(-keptLetters);
    },
  };
  const end = await runOver(control, request, signal);
  // On a host that does not know its own name sudo says so, and goes on.
  if (sudo) stderr = stderr.replace(/^sudo: unable to resolve host .*\n/, "");
  if (!end) throw new HostError("unreachable", `${name}: The connection was lost.`);
  if (end.code === 0) return { stdout: Buffer.concat(chunks), stderr };
  const words = stderr.trim().slice(-500);
  throw new HostError(
    "remote-exit",
    `${name}: The script ended with ${end.code ?? end.signal ?? "no word"}. ${words}`,
  );
}

async function readLast(stream: Readable, onText: (text: string) => void): Promise<string> {
  let text = "";
  for await (const chunk of stream.setEncoding("utf8") as AsyncIterable<string>) {
    text = (text + chunk).slice(-keptLetters);
    onText(text);
  }
  return text;
}
