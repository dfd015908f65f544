import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- The key that the host shows since an action was done which nobody has confirmed yet.
    ALTER TABLE host_action ADD COLUMN host_key text;
  `.execute(db);
}
