import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import type { Schema } from "./schema.ts";
import type { Db } from "./transaction.ts";

export interface Database {
  db: Db;
  /** For what Kysely has no word for: a connection of its own (advisory locks, LISTEN). */
  connect(): Promise<pg.Client>;
  close(): Promise<void>;
}

/** How to reach PostgreSQL: a URL, or the parts of a Unix socket. */
export type Connection = { connectionString: string } | pg.ClientConfig;

/** Opens a pool. `size`: connections at most, default 10. */
export function openDatabase(connection: Connection, size = 10): Database {
  const pool = new pg.Pool({
    ...connection,
    max: size,
    connectionTimeoutMillis: 10_000,
    application_name: "roost",
    keepAlive: true,
  });
  // An idle connection that breaks (the database restarts) is replaced at its next use.
  pool.on("error", () => {});
  // One in use hears of it too, between two statements of a transaction: its next statement fails.
  pool.on("connect", (client) => client.on("error", () => {}));
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  return {
    db,
    async connect() {
      const client = new pg.Client({ ...connection, application_name: "roost", keepAlive: true });
      // A dying server says so twice (the error, then the end of the connection); its user hears of "end".
      client.on("error", () => {});
      await client.connect();
      return client;
    },
    close: () => db.destroy(),
  };
}
