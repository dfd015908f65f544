import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { sql } from "kysely";
import { isDatabaseAway, type Tx, transaction } from "../../../automation-api/db/transaction.ts";
import { type TestDatabase, testDatabase } from "../../support/database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

/** As the end of the database does it, in the middle of a transaction. */
async function cut(tx: Tx): Promise<void> {
  const { rows } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(tx);
  await sql`SELECT pg_terminate_backend(${rows[0]!.pid})`.execute(database.db);
}

const faultOf = (work: (tx: Tx) => Promise<unknown>) =>
  transaction(database.db, work).catch((error: unknown) => error);

describe("a transaction whose connection is cut", () => {
  it.each([1, 2, 3])(
    "fails at statement %d after the cut as one that may be tried again",
    async (statements) => {
      const fault = await faultOf(async (tx) => {
        await cut(tx);
        for (let nth = 1; nth < statements; nth++) await sql`SELECT 1`.execute(tx).catch(() => undefined);
        await sql`SELECT 1`.execute(tx);
      });
      expect(isDatabaseAway(fault)).toBe(true);
    },
  );

  it("fails at its end as one that may be tried again", async () => {
    expect(isDatabaseAway(await faultOf(cut))).toBe(true);
  });

  it("still says what its own work threw", async () => {
    const own = new Error("of the work itself");
    const fault = await faultOf(async (tx) => {
      await cut(tx);
      throw own;
    });
    expect(fault).toBe(own);
    expect(isDatabaseAway(fault)).toBe(false);
  });
});
