import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- As it was where the session was started; null: it was not seen there yet, or before there was this column.
    ALTER TABLE session ADD COLUMN isolation text CHECK (isolation IN ('none', 'network'));
  `.execute(db);
}
