import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { sql } from "kysely";
import { migrate } from "../../../automation-api/db/migrate.ts";
import { type TestDatabase, testDatabase } from "../../support/database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

it("can be run again, by several processes at once", async () => {
  await Promise.all([migrate(database.db), migrate(database.db), migrate(database.db)]);
});

it("refuses a database of a newer release, naming what is unknown", async () => {
  await sql`INSERT INTO kysely_migration (name, timestamp) VALUES ('9999-future', 'now')`.execute(
    database.db,
  );
  await expect(migrate(database.db)).rejects.toThrow("9999-future");
});
