import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { sql } from "kysely";
import { Notices, notify } from "../../../automation-api/db/notify.ts";
import { type TestDatabase, testDatabase } from "../../support/database.ts";

let database: TestDatabase;
let notices: Notices;

beforeAll(async () => {
  database = await testDatabase();
  notices = new Notices(database);
});
afterAll(async () => {
  await notices.close();
  await database.close();
});

it("listens again after its connection was cut, and says that notices may be missing", async () => {
  const nextReset = () => new Promise<void>((resolve) => notices.onReset(resolve));
  const first = nextReset();
  notices.start();
  await first;
  const second = nextReset();
  await sql`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()`.execute(database.db);
  await second;
  const heard = new Promise<string>((resolve) => notices.on("event", resolve));
  await notify(database.db, "event", "dep_1");
  expect(await heard).toBe("dep_1");
});

it("fails a transaction whose connection is cut between two statements, and nothing else", async () => {
  const cut = database.db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(tx);
    await sql`SELECT pg_terminate_backend(${rows[0]?.pid})`.execute(database.db);
    await new Promise((resolve) => setImmediate(resolve));
    await sql`SELECT 1`.execute(tx);
  });
  await expect(cut).rejects.toThrow(/terminat|closed|not queryable|ECONNRESET|EPIPE/i);
  await sql`SELECT 1`.execute(database.db);
});
