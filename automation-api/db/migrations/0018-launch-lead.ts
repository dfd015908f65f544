import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- When its launches were asked for: what lies between its row and that is how far ahead starts have to be planned.
    ALTER TABLE session_batch ADD COLUMN asked_at timestamptz;
    CREATE INDEX session_batch_asked ON session_batch (place, asked_at DESC) WHERE asked_at IS NOT NULL;
  `.execute(db);
}
