import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- What is forced on every update of the project; null: nothing is.
    ALTER TABLE project ADD COLUMN policies jsonb;
  `.execute(db);
}
