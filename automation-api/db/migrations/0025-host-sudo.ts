import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Whether everything there is run by sudo.
    ALTER TABLE host ADD COLUMN sudo boolean NOT NULL DEFAULT false;
  `.execute(db);
}
