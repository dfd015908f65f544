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

it("makes actions of the resets of an older release; what was not carried out has to be planned anew", async () => {
  const old = await testDatabase();
  const { db } = old;
  await sql`DROP SCHEMA public CASCADE`.execute(db);
  await sql`CREATE SCHEMA public`.execute(db);
  await migrate(db, "0009-resets");
  await sql`INSERT INTO organization (id, name) VALUES ('org_1', 'one')`.execute(db);
  for (const [id, profile, deployment] of [
    ["rst_1", "light", "dep_1"],
    ["rst_2", null, "dep_2"],
    ["rst_3", "deep", null],
  ])
    await sql`INSERT INTO reset (id, organization_id, host_name, profile, selection, plan, plan_hash, summary, requester, deployment_id)
      VALUES (${id}, 'org_1', 'web', ${profile}, '{"paths": []}', 'old', 'hash', '{}', 'ann', ${deployment})`.execute(
      db,
    );
  await migrate(db);
  const rows = await db
    .selectFrom("host_action")
    .select(["id", "kind", "title", "request", "plan", "confirm_seconds"])
    .orderBy("id")
    .execute();
  const same = { kind: "reset", plan: Buffer.alloc(0), confirm_seconds: 0 };
  expect(rows).toEqual([
    { ...same, id: "rst_1", title: "reset: light", request: { paths: [], profile: "light" } },
    { ...same, id: "rst_2", title: "reset: custom", request: { paths: [], profile: null } },
  ]);
  await old.close();
});

it("refuses a database of a newer release, naming what is unknown", async () => {
  await sql`INSERT INTO kysely_migration (name, timestamp) VALUES ('9999-future', 'now')`.execute(
    database.db,
  );
  await expect(migrate(database.db)).rejects.toThrow("9999-future");
});
