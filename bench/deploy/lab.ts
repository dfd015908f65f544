import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { type EmbeddedDatabase, startEmbedded } from "../../automation-api/db/embedded.ts";
import { locate } from "../../toolchain/found.mjs";
import { Server } from "./server.ts";

/** PostgreSQL with the durability that users get, and everything that the bench starts on it. */
export class Lab {
  readonly folder: string;
  readonly engine: string;
  readonly #embedded: EmbeddedDatabase;
  readonly #closing: (() => Promise<void>)[] = [];
  #databases = 0;

  private constructor(folder: string, engine: string, embedded: EmbeddedDatabase) {
    this.folder = folder;
    this.engine = engine;
    this.#embedded = embedded;
  }

  /** @throws when there is no engine, or when PostgreSQL does not write through to the disk. */
  static async open(): Promise<Lab> {
    const { engine } = locate();
    if (!engine.found) throw new Error([engine.reason, ...engine.next].join("\n"));
    const folder = await mkdtemp(path.join(tmpdir(), "roost-bench-"));
    await chmod(folder, 0o711);
    await mkdir(path.join(folder, "home"));
    const lab = new Lab(folder, engine.path, await startEmbedded({ folder }));
    try {
      await lab.#checkDurability();
      return lab;
    } catch (error) {
      await lab.close();
      throw error;
    }
  }

  /** An empty database of its own. */
  async database(): Promise<pg.ClientConfig> {
    const database = `bench_${++this.#databases}`;
    await this.#query(`CREATE DATABASE ${database}`);
    return { ...this.#embedded.connection, database };
  }

  async server(store: "postgres" | "memory"): Promise<Server> {
    const connection = await this.database();
    const server = await Server.start({
      store,
      folder: path.join(this.folder, `server-${connection.database}`),
      connection,
    });
    this.#closing.push(() => server.close());
    return server;
  }

  /** Environment of the CLI when a person calls it. */
  environment(): Record<string, string> {
    const home = path.join(this.folder, "home");
    return {
      PATH: `${path.dirname(this.engine)}${path.delimiter}${process.env.PATH ?? ""}`,
      HOME: home,
      PULUMI_HOME: path.join(home, ".pulumi"),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      // As deployments have it: with the CLI's own 50 ms each resource waits for its journal entry.
      PULUMI_JOURNALING_BATCH_PERIOD: "1",
    };
  }

  /** Process id of PostgreSQL. */
  async databasePid(): Promise<number> {
    return (await this.#embedded.processId()) ?? 0;
  }

  /** Ends what was started here and removes it all. */
  async close(): Promise<void> {
    for (const close of this.#closing.splice(0).reverse()) await close();
    await this.#embedded.stop();
    await rm(this.folder, { recursive: true, force: true });
    // Not below it where user postgres could not reach it.
    await rm(this.#embedded.folder, { recursive: true, force: true });
  }

  async #checkDurability(): Promise<void> {
    for (const name of ["fsync", "synchronous_commit", "full_page_writes"]) {
      const rows = await this.#query(`SHOW ${name}`);
      if (rows[0]?.[name] !== "on") throw new Error(`PostgreSQL runs with ${name} = ${rows[0]?.[name]}.`);
    }
  }

  async #query(statement: string): Promise<Record<string, string>[]> {
    const client = new pg.Client(this.#embedded.connection);
    await client.connect();
    try {
      return (await client.query(statement)).rows;
    } finally {
      await client.end();
    }
  }
}
