import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Documents that their owners have encrypted, and one index of each account; empty where another store is set.
    CREATE TABLE sync_object (
      key text PRIMARY KEY,
      text text NOT NULL
    );
  `.execute(db);
}
