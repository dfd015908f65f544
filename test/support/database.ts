import { randomBytes } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { startEmbedded } from "../../automation-api/db/embedded.ts";
import { migrate } from "../../automation-api/db/migrate.ts";
import { type Database, openDatabase } from "../../automation-api/db/pool.ts";

/**
 * A migrated database of its own on the real PostgreSQL of this test run,
 * cloned from a template in some 50 ms. Close it in `afterAll`.
 */
export interface TestDatabase extends Database {
  connection: pg.ClientConfig;
  /** Closes the pool and drops the database. */
  close(): Promise<void>;
}

export async function testDatabase(poolSize = 5): Promise<TestDatabase> {
  const cluster = await testCluster();
  const name = `test_${randomBytes(8).toString("hex")}`;
  await asAdministrator(cluster, `CREATE DATABASE ${name} TEMPLATE roost_template`);
  const connection = { ...cluster, database: name };
  const database = openDatabase(connection, poolSize);
  return {
    ...database,
    connection,
    async close() {
      await database.close();
      await asAdministrator(cluster, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

/** `DATABASE_URL` form of a connection, for processes that a test starts. */
export function databaseUrl(connection: pg.ClientConfig): string {
  const { host, port, user, password, database } = connection;
  return `postgres://${user}:${encodeURIComponent(String(password))}@/${database}?host=${encodeURIComponent(String(host))}&port=${port}`;
}

/** Started by the first test of a run that needs it; test/support/teardown.ts ends it. */
async function testCluster(): Promise<pg.ClientConfig> {
  const folder = process.env.ROOST_TEST_RUN;
  if (!folder)
    throw new Error("ROOST_TEST_RUN is not set: run the tests with jest, whose globalSetup sets it.");
  return locked(path.join(folder, "lock"), async () => {
    const embedded = await startEmbedded({ folder });
    if (!embedded.adopted) await makeTemplate(embedded.connection);
    await embedded.release();
    return embedded.connection;
  });
}

async function makeTemplate(connection: pg.ClientConfig): Promise<void> {
  await asAdministrator(connection, "CREATE DATABASE roost_template");
  const template = openDatabase({ ...connection, database: "roost_template" }, 1);
  await migrate(template.db);
  await template.close();
}

async function asAdministrator(connection: pg.ClientConfig, statement: string): Promise<void> {
  const client = new pg.Client({ ...connection, database: "postgres" });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** One jest worker at a time; a folder is the lock, since making one is atomic. */
async function locked<T>(folder: string, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      await mkdir(folder);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      await wait(50);
    }
  }
  try {
    return await work();
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The project's folder, for tests that start its programs. */
export const projectFolder = fileURLToPath(new URL("../..", import.meta.url));
