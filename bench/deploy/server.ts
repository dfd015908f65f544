import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { openSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type pg from "pg";
import { openDatabase } from "../../automation-api/db/pool.ts";
import { Client } from "../../test/support/client.ts";
import { databaseUrl } from "../../test/support/database.ts";
import { Endings } from "./endings.ts";
import type { Answers, Question } from "./server-process.ts";

const entry = fileURLToPath(new URL("./server-process.ts", import.meta.url));

export interface ServerOptions {
  store: "postgres" | "memory";
  /** Folder of its own. */
  folder: string;
  connection: pg.ClientConfig;
}

/** A server as users start it, over a database of its own, that also says what it has been asked. */
export class Server {
  readonly url: string;
  readonly token: string;
  readonly client: Client;
  readonly endings: Endings;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  #questions = 0;

  private constructor(child: ChildProcess, url: string, token: string, endings: Endings) {
    this.#child = child;
    this.url = url;
    this.token = token;
    this.endings = endings;
    this.client = new Client(url, token);
    child.on("message", ({ id, answer, error }: { id: number; answer: unknown; error?: string }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(answer);
      else waiting?.reject(new Error(error));
    });
    child.once("exit", (code, signal) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`The server ended (${signal ?? code}).`));
    });
  }

  static async start({ store, folder, connection }: ServerOptions): Promise<Server> {
    await mkdir(folder, { mode: 0o711 });
    const token = `bench_${randomBytes(32).toString("base64url")}`;
    const logPath = path.join(folder, "server.log");
    const log = openSync(logPath, "a");
    const child = fork(entry, [store], {
      execArgv: [...process.execArgv, "--expose-gc"],
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        ROOST_ENGINE: process.env.ROOST_ENGINE,
        ROOST_CACHE_DIR: process.env.ROOST_CACHE_DIR,
        ROOST_DATA_DIR: folder,
        ROOST_PORT: "0",
        ROOST_HELLO: "0",
        ROOST_LOG_LEVEL: "warn",
        ROOST_ADMIN_TOKEN: token,
        DATABASE_URL: databaseUrl(connection),
      },
      stdio: ["ignore", log, log, "ipc"],
    });
    const url = await new Promise<string>((resolve, reject) => {
      child.once("message", ({ answer }: { answer: string }) => resolve(answer));
      child.once("exit", async () => {
        reject(new Error(`The server did not start:\n${(await readFile(logPath, "utf8")).slice(-3000)}`));
      });
    });
    return new Server(child, url, token, await Endings.open(openDatabase(connection, 2)));
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  ask<Kind extends Question["kind"]>(question: Question & { kind: Kind }): Promise<Answers[Kind]> {
    const id = ++this.#questions;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (answer: unknown) => void, reject });
      this.#child.send({ id, question });
    });
  }

  async close(): Promise<void> {
    await this.endings.close();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGTERM");
    await Promise.race([ended, wait(20_000, undefined, { ref: false })]);
    this.#child.kill("SIGKILL");
  }
}
