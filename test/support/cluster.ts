import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { endServices } from "./services.ts";

const serverProcess = fileURLToPath(new URL("./server-process.ts", import.meta.url));

/** One server or worker process. */
export interface Member {
  kind: "server" | "worker";
  process: ChildProcess;
  /** Empty for a worker. */
  url: string;
  ended: Promise<void>;
  /** File with all that it wrote. */
  log: string;
}

/** Several servers and workers over one database and one data folder, as processes that can be killed. */
export class Cluster {
  readonly folder: string;
  readonly members: Member[] = [];
  readonly #env: Record<string, string>;
  readonly #entry: string;

  private constructor(folder: string, env: Record<string, string>, entry: string) {
    this.folder = folder;
    this.#env = env;
    this.#entry = entry;
  }

  /**
   * @param env settings, such as DATABASE_URL; without it the first server brings the embedded database
   * @param entry what each process runs. Default: `server-process.ts`
   */
  static async open(env: Record<string, string> = {}, entry = serverProcess): Promise<Cluster> {
    const folder = await mkdtemp(path.join(tmpdir(), "roost-cluster-"));
    await chmod(folder, 0o711);
    return new Cluster(folder, env, entry);
  }

  async add(kind: Member["kind"], env: Record<string, string> = {}): Promise<Member> {
    const child = spawn(process.execPath, [this.#entry, kind], {
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        ROOST_DATA_DIR: this.folder,
        ROOST_PORT: "0",
        ROOST_HELLO: "0",
        ROOST_LOG_LEVEL: "warn",
        ...this.#env,
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    const logFile = path.join(this.folder, `${kind}-${child.pid}.log`);
    const log = createWriteStream(logFile);
    child.stdout?.pipe(log);
    child.stderr?.pipe(log);
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    const url = await new Promise<string>((resolve, reject) => {
      child.once("message", (message: { url: string }) => resolve(message.url));
      child.once("exit", async (code, signal) => {
        const text = await readFile(logFile, "utf8").catch(() => "");
        reject(new Error(`The ${kind} ended before it was ready (${signal ?? code}):\n${text.slice(-3000)}`));
      });
    });
    const member: Member = { kind, process: child, url, ended, log: logFile };
    this.members.push(member);
    return member;
  }

  /** kill -9, as the machine or the memory killer would do it. */
  async kill(member: Member): Promise<void> {
    member.process.kill("SIGKILL");
    await member.ended;
    this.members.splice(this.members.indexOf(member), 1);
  }

  /** Those that ended though nobody killed them, in words and with what they wrote last. */
  async fallen(): Promise<string[]> {
    const ended = this.members.filter(
      ({ process: { exitCode, signalCode } }) => exitCode !== null || signalCode !== null,
    );
    return Promise.all(
      ended.map(async ({ kind, process: { exitCode, signalCode }, log }) => {
        const text = await readFile(log, "utf8").catch(() => "");
        return `a ${kind} ended by itself (${signalCode ?? exitCode}): ${text.slice(-3000)}`;
      }),
    );
  }

  /** A server that still runs. */
  get url(): string {
    const server = this.members.find(({ kind }) => kind === "server");
    if (!server) throw new Error("No server runs.");
    return server.url;
  }

  async token(): Promise<string> {
    return (await readFile(path.join(this.folder, "admin-token"), "utf8")).trim();
  }

  async close(): Promise<void> {
    // In the reverse order: the first server owns the embedded database.
    for (const member of [...this.members].reverse()) {
      member.process.kill("SIGTERM");
      await Promise.race([member.ended, wait(20_000, undefined, { ref: false })]);
      member.process.kill("SIGKILL");
    }
    // They outlive servers by design.
    await endServices(this.folder);
    if (process.env.ROOST_KEEP !== "1") await rm(this.folder, { recursive: true, force: true });
  }
}
